#include "io/file_lock.hpp"

#include <cerrno>
#include <chrono>
#include <thread>

#include "io/interrupt.hpp"

namespace aerotool::io {

std::optional<FileLock> FileLock::at_once(int fd, int kind) {
  if (::flock(fd, kind | LOCK_NB) != 0) return std::nullopt;
  return FileLock(fd);
}

std::optional<FileLock> FileLock::soon(int fd, int kind) {
  using std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLongest(500);
  // Much shorter than a writer has the lock, or one that has much to write would shut others out.
  constexpr std::chrono::microseconds kPause(50);
  const auto end = steady_clock::now() + kLongest;
  for (;;) {
    if (auto lock = at_once(fd, kind)) return lock;
    if (errno != EWOULDBLOCK && errno != EINTR) return std::nullopt;
    check_interrupt();
    if (steady_clock::now() >= end) {
      errno = EWOULDBLOCK;
      return std::nullopt;
    }
    std::this_thread::sleep_for(kPause);
  }
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

}  // namespace aerotool::io
