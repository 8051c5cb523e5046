// How far a long work has come, told by many threads and read by one.
#pragma once

#include <atomic>
#include <cstdint>

namespace aerotool::io {

struct Progress {
  std::atomic<std::uint64_t> done{0};   ///< bytes
  std::atomic<std::uint64_t> total{0};  ///< bytes; 0 while not known
};

}  // namespace aerotool::io
