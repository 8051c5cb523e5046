#include "io/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "io/interrupt.hpp"

namespace aerotool::io {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd Fd::duplicate() const {
  return Fd(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
}

Fd open_fd(int directory, const std::string& path, int flags, mode_t mode) {
  for (;;) {
    Fd fd(::openat(directory, path.c_str(), flags | O_CLOEXEC, mode));
    if (fd || errno != EINTR) return fd;
    check_interrupt();
  }
}

Fd open_fd(const std::string& path, int flags, mode_t mode) {
  return open_fd(AT_FDCWD, path, flags, mode);
}

}  // namespace aerotool::io
