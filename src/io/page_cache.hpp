// Pages of large files that were read or written are given back to the system, so that a model larger than
// memory does not push out everything else that is in it.
#pragma once

#include <atomic>
#include <cstdint>

namespace aerotool::io {

/// The pages of one file, a window at a time. As long as the process has moved less than half of memory they
/// stay: what is small enough is wanted again soon, by the command that comes next.
///
///     file    |-- given back --|-- being written out --|-- in use --|
///
/// Advice only: where the system does not take it, everything works as before.
class PageCache {
 public:
  enum class Kind { read, written };
  explicit PageCache(Kind kind) : kind_(kind) {}

  /// Bytes of `fd` were read or written and will hardly be used again. Offsets mostly grow. Thread-safe.
  void used(int fd, std::uint64_t offset, std::uint64_t length);
  /// Nothing more is read or written; what was written is on the disk.
  static void finished(int fd);

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  Kind kind_;
  std::atomic<std::uint64_t> current_{kNone};  // the windows that were come to last
  std::atomic<std::uint64_t> before_{kNone};
};

}  // namespace aerotool::io
