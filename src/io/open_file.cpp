#include "io/open_file.hpp"

#include <sys/stat.h>

namespace aerotool::io {

bool OpenFile::is_regular() const {
  struct ::stat status {};
  return ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace aerotool::io
