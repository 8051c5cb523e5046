#include "io/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "platform/files.hpp"

namespace aerotool::io {

void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is this one.
    if (::fcntl(fd, F_GETFD) == -1) static_cast<void>(::open("/", platform::directory_handle_flags()));
  }
}

void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace aerotool::io
