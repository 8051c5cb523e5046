// Stored members of which bytes are used before the last one has been read: each is held to its CRC-32 once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string_view>

#include "io/input.hpp"

namespace aerotool::zip {

/// Bytes that lie in an input as they are.
struct StoredBytes {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;  ///< what they are held to
};

/// Thread-safe.
class CheckedMembers {
 public:
  /// Reads all bytes of a member, unless they have been found to be right, or another thread is reading them:
  /// then that one throws. Throws CorruptError, which names the tensor.
  void require(const io::Input& input, std::size_t member, const StoredBytes& bytes, std::string_view tensor);

 private:
  std::mutex mutex_;
  std::set<std::size_t> begun_;  // but for those that were found to be wrong
};

}  // namespace aerotool::zip
