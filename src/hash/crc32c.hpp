// CRC32C (Castagnoli), as iSCSI and many formats have it. Runs of bytes can be gone through in any order and
// by several threads, and be put together afterwards.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"

namespace aerotool::hash {

/// Of `bytes` behind those that `before` is the value of; 0 is the value of none.
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before = 0);

/// Of two runs of bytes, one behind the other: their values, and how long the second one is.
std::uint32_t crc32c_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length);

}  // namespace aerotool::hash
