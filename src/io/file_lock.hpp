// Locks on open files that processes of this program take turns by.
#pragma once

#include <sys/file.h>

#include <optional>
#include <utility>

namespace aerotool::io {

/// An flock() on an open file, until this goes. The descriptor has to stay open as long.
class FileLock {
 public:
  /// `kind` is LOCK_SH or LOCK_EX. Waits for half a second at most, since whoever has the lock may have been
  /// stopped. None, with errno (EWOULDBLOCK where another has it), where it cannot be had. Throws
  /// Interrupted.
  static std::optional<FileLock> soon(int fd, int kind);
  /// Without waiting.
  static std::optional<FileLock> at_once(int fd, int kind);

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

  /// The lock stays until the last descriptor of the open file is closed.
  void keep() { fd_ = -1; }

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace aerotool::io
