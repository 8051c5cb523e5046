#include "io/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace aerotool::io {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd Fd::duplicate() const {
  return Fd(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
}

}  // namespace aerotool::io
