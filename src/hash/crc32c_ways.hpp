// The two ways to compute CRC32C: for crc32c.cpp and the tests, which hold them to each other.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"
#include "hash/reflected_crc.hpp"

namespace aerotool::hash {

/// On every processor.
std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before = 0);

/// Whether this processor has an instruction for it, and this build knows how to use it.
bool has_crc32c_instruction();
/// Only where it has.
std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before = 0);

using Castagnoli = ReflectedCrc<0x82f63b78>;

}  // namespace aerotool::hash
