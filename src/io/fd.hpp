#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace aerotool::io {

/// An owned file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Another descriptor of the same open file; none where the system has no more.
  Fd duplicate() const;
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// openat() again after a signal that does not end the process; throws Interrupted after one that does.
/// None, with errno, where it fails.
Fd open_fd(int directory, const std::string& path, int flags, mode_t mode = 0);
/// Of a path by itself.
Fd open_fd(const std::string& path, int flags, mode_t mode = 0);

}  // namespace aerotool::io
