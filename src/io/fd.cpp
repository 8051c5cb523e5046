#include "io/fd.hpp"

#include <unistd.h>

namespace aerotool::io {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace aerotool::io
