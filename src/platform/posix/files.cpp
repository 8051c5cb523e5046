#include "platform/files.hpp"

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

void begin_write_out(int, std::uint64_t, std::uint64_t) {}

void finish_write_out(int, std::uint64_t, std::uint64_t) {}

}  // namespace aerotool::platform
