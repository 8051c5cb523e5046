#include "hash/crc32c.hpp"

#include <array>

namespace aerotool::hash {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // bits in reverse, as all here
constexpr std::size_t kSlices = 8;                 // bytes taken at once

using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

/// tables[n][byte]: what a byte does to the value once n more bytes have gone by.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = value;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t value = tables[slice - 1][byte];
      tables[slice][byte] = value >> 8 ^ tables[0][value & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

/// The product of two polynomials modulo CRC32C's.
std::uint32_t multiplied(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = b >> 1 ^ ((b & 1) != 0 ? kPolynomial : 0);
  }
  return product;
}

}  // namespace

std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  std::uint32_t value = ~before;
  while (bytes.size() >= kSlices) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      const std::uint32_t mixed = i < 4 ? value >> (8 * i) & 0xff : 0;
      next ^= kTables[kSlices - 1 - i][mixed ^ std::to_integer<std::uint32_t>(bytes[i])];
    }
    value = next;
    bytes = bytes.subspan(kSlices);
  }
  for (const std::byte byte : bytes)
    value = value >> 8 ^ kTables[0][(value ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return ~value;
}

std::uint32_t crc32c_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
  // The first value times x to the power of the second run's bits, by squaring.
  constexpr std::uint32_t kOne = std::uint32_t{1} << 31;
  std::uint32_t square = kOne >> 8;  // x^8: a byte
  std::uint32_t shift = kOne;
  for (; second_length != 0; second_length >>= 1) {
    if ((second_length & 1) != 0) shift = multiplied(shift, square);
    square = multiplied(square, square);
  }
  return multiplied(first, shift) ^ second;
}

}  // namespace aerotool::hash
