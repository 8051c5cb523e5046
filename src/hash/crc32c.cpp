#include "hash/crc32c.hpp"

#include <array>

#include "hash/crc32c_ways.hpp"

namespace aerotool::hash {
namespace {

constexpr std::size_t kSlices = 8;  // bytes taken at once

using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

/// tables[n][byte]: what a byte does to the value once n more bytes have gone by.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kCrc32cPolynomial : 0);
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

}  // namespace

std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before) {
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

std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  static const bool has_instruction = has_crc32c_instruction();
  return has_instruction ? crc32c_by_instruction(bytes, before) : crc32c_by_tables(bytes, before);
}

std::uint32_t crc32c_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
  return crc32c_product(first, crc32c_shift(second_length)) ^ second;
}

}  // namespace aerotool::hash
