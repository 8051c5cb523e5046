// CRC-32, as zip archives, gzip and PNG have it.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/bytes.hpp"

namespace aerotool::hash {

/// Of `bytes` behind those that `before` is the value of; 0 is the value of none.
std::uint32_t crc32(ByteSpan bytes, std::uint32_t before = 0);

/// Of two runs of bytes, one behind the other: their values, and how long the second one is.
std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length);

/// Of a run of bytes that comes in pieces, in any order.
class Crc32OfPieces {
 public:
  explicit Crc32OfPieces(std::uint64_t length) : length_(length) {}

  /// Each byte comes once. Thread-safe.
  void add(std::uint64_t offset, ByteSpan bytes);
  /// Once all bytes have come.
  std::uint32_t value() const { return value_.load(); }

 private:
  std::uint64_t length_;
  std::atomic<std::uint32_t> value_{0};
};

}  // namespace aerotool::hash
