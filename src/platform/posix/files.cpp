#include "platform/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace aerotool::platform {

int nameless_flags() {
  return 0;
}

bool can_give_names() {
  return false;
}

bool give_name(int, int, const char*) {
  errno = ENOTSUP;
  return false;
}

std::string own_path(int) {
  return {};
}

int directory_handle_flags() {
#ifdef O_SEARCH
  return O_SEARCH | O_DIRECTORY;
#else
  return O_RDONLY | O_DIRECTORY;
#endif
}

std::optional<std::uint64_t> end_of_hole(int, std::uint64_t offset) {
  return offset;
}

void begin_write_out(int, std::uint64_t, std::uint64_t) {}

// POSIX knows no part of a file here.
void finish_write_out(int file, std::uint64_t, std::uint64_t) {
  ::fsync(file);
}

}  // namespace aerotool::platform
