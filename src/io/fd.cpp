#include "io/fd.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace aerotool::io {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd Fd::duplicate() const {
  return Fd(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
}

void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace aerotool::io
