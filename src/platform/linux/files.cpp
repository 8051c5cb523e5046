#include "platform/files.hpp"

#include <unistd.h>

#include <cerrno>

namespace aerotool::platform {
namespace {

constexpr const char* kOwnFiles = "/proc/self/fd";

}  // namespace

int nameless_flags() {
  return O_TMPFILE;
}

bool can_give_names() {
  return ::access(kOwnFiles, X_OK) == 0;
}

bool give_name(int file, int directory, const char* name) {
  return ::linkat(AT_FDCWD, own_path(file).c_str(), directory, name, AT_SYMLINK_FOLLOW) == 0;
}

std::string own_path(int file) {
  return std::string(kOwnFiles) + "/" + std::to_string(file);
}

int directory_handle_flags() {
  return O_PATH | O_DIRECTORY;
}

std::optional<std::uint64_t> end_of_hole(int file, std::uint64_t offset) {
  const off_t data = ::lseek(file, static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) return static_cast<std::uint64_t>(data);
  if (errno == ENXIO) return std::nullopt;
  return offset;
}

void begin_write_out(int file, std::uint64_t offset, std::uint64_t length) {
  ::sync_file_range(file, static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
}

void finish_write_out(int file, std::uint64_t offset, std::uint64_t length) {
  ::sync_file_range(file, static_cast<off_t>(offset), static_cast<off_t>(length),
                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

}  // namespace aerotool::platform
