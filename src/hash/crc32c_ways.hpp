// The two ways to compute CRC32C, and the arithmetic behind both: for crc32c.cpp and the tests, which hold
// them to each other.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"

namespace aerotool::hash {

/// On every processor.
std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before = 0);

/// Whether this processor has an instruction for it, and this build knows how to use it.
bool has_crc32c_instruction();
/// Only where it has.
std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before = 0);

inline constexpr std::uint32_t kCrc32cPolynomial = 0x82f63b78;  // bits in reverse, as all here

/// The product of two polynomials modulo CRC32C's.
constexpr std::uint32_t crc32c_product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = b >> 1 ^ ((b & 1) != 0 ? kCrc32cPolynomial : 0);
  }
  return product;
}

/// What a value is multiplied with where `length` bytes follow: x to the power of their bits, by squaring.
constexpr std::uint32_t crc32c_shift(std::uint64_t length) {
  constexpr std::uint32_t kOne = std::uint32_t{1} << 31;
  std::uint32_t square = kOne >> 8;  // x^8: a byte
  std::uint32_t shift = kOne;
  for (; length != 0; length >>= 1) {
    if ((length & 1) != 0) shift = crc32c_product(shift, square);
    square = crc32c_product(square, square);
  }
  return shift;
}

}  // namespace aerotool::hash
