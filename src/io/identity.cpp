#include "io/identity.hpp"

#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/file_status.hpp"
#include "io/input.hpp"
#include "platform/files.hpp"

namespace aerotool::io {

Identity identity_of(const struct ::stat& status) {
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

Version version_of(const struct ::stat& status) {
  const struct timespec changed = platform::modification_time(status);
  return {static_cast<std::uint64_t>(status.st_size), static_cast<std::int64_t>(changed.tv_sec),
          static_cast<std::int64_t>(changed.tv_nsec)};
}

std::optional<Identity> identity_at(const std::string& location) {
  struct ::stat status {};
  const int result =
      location == kStandardInput ? ::fstat(STDIN_FILENO, &status) : ::stat(location.c_str(), &status);
  if (result != 0) {
    for (const int nowhere : {ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG}) {
      if (errno == nowhere) return std::nullopt;
    }
    throw system_error(location, "look at", errno);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return identity_of(status);
}

}  // namespace aerotool::io
