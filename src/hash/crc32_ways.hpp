// The two ways to compute CRC-32: for crc32.cpp and the tests, which hold them to each other.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"
#include "hash/reflected_crc.hpp"

namespace aerotool::hash {

/// On every processor.
std::uint32_t crc32_by_tables(ByteSpan bytes, std::uint32_t before = 0);

/// Whether this processor multiplies polynomials, and this build knows how to use that.
bool has_polynomial_products();
/// Only where it does.
std::uint32_t crc32_by_products(ByteSpan bytes, std::uint32_t before = 0);

using Ethernet = ReflectedCrc<0xedb88320>;

}  // namespace aerotool::hash
