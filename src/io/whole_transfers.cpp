#include "io/whole_transfers.hpp"

#include <unistd.h>

#include <cerrno>

#include "io/interrupt.hpp"

namespace aerotool::io {

bool read_whole(int fd, std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got > 0) {
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (got == 0) {
      errno = 0;
      return false;
    } else if (errno == EINTR) {
      check_interrupt();
    } else {
      return false;
    }
  }
  return true;
}

bool write_whole(int fd, std::uint64_t offset, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put >= 0) {
      offset += static_cast<std::uint64_t>(put);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    } else if (errno == EINTR) {
      check_interrupt();
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace aerotool::io
