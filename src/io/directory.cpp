#include "io/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"

namespace aerotool::io {

std::shared_ptr<const Fd> open_directory(const std::string& path) {
  auto directory = std::make_shared<const Fd>(open_fd(path, O_RDONLY | O_DIRECTORY));
  if (!*directory) throw system_error(path, "open the output directory", errno);
  return directory;
}

void sync_directory(const Fd& directory, const std::string& name) {
  while (::fsync(directory.get()) != 0) {
    // Some file systems cannot sync a directory; the renames stand all the same.
    if (errno == EINVAL || errno == EROFS) return;
    if (errno != EINTR) throw system_error(name, "write the directory to disk", errno);
  }
}

}  // namespace aerotool::io
