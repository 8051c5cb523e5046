// Asks the system for what a sequential reader comes to next, further ahead than it reads by itself: several
// threads that take blocks in turns look like random reads to it, and a disk wants many requests at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace aerotool::io {

/// Of one file. Nothing is asked for while the bytes come as fast as from memory, nor where reads are short
/// or go to and fro.
///
///     file    |-- read --|-- asked for: at most two windows --|-- not yet --|
///
/// Thread-safe. Advice only: what threads do to each other's numbers costs a request, and no byte.
class ReadAhead {
 public:
  static constexpr std::uint64_t kWindow = std::uint64_t{8} << 20;

  /// [offset, offset + length) was read in `took`. The range to ask for; its length may be 0.
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  Range after(std::uint64_t offset, std::uint64_t length, std::chrono::nanoseconds took);

 private:
  std::atomic<std::uint64_t> next_{0};    // behind all that was read in this run
  std::atomic<std::uint64_t> run_{0};     // bytes that were read one behind the other
  std::atomic<std::uint64_t> asked_{0};   // up to where
  std::atomic<std::uint64_t> credit_{0};  // bytes until it has to be slow again
};

}  // namespace aerotool::io
