#include "io/unlinked_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "io/temporaries.hpp"
#include "platform/files.hpp"

namespace aerotool::io {

std::string temporary_directory() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

Fd make_unlinked_file(const std::string& directory, const std::string& stem) {
  // Where files cannot be without a name, a run may be killed while its file has a name.
  if (const Fd place = open_fd(directory, O_RDONLY | O_DIRECTORY)) remove_stale(place.get(), {stem});
  if (const int nameless = platform::nameless_flags()) {
    if (Fd fd = open_fd(directory, nameless | O_RDWR | O_EXCL, 0600)) return fd;
  }
  for (;;) {
    const std::string path = directory + "/" + temporary_name(stem);
    Fd fd = open_fd(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd) {
      ::unlink(path.c_str());
      return fd;
    }
    if (errno != EEXIST) return fd;
  }
}

}  // namespace aerotool::io
