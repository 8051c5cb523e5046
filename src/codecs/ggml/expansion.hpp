// Tables that spread the bits of a byte over bytes of their own.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace aerotool::ggml::kernels {

/// A byte for each bit, the lowest one first: 0xff where it is set.
using BitMasks = std::array<std::uint8_t, 8>;

constexpr BitMasks masks_of(unsigned bits) {
  BitMasks masks{};
  for (unsigned i = 0; i < masks.size(); ++i) masks[i] = (bits >> i & 1U) != 0 ? 0xff : 0;
  return masks;
}

inline constexpr auto kBitMasks = [] {
  std::array<BitMasks, 256> table{};
  for (unsigned bits = 0; bits < table.size(); ++bits) table[bits] = masks_of(bits);
  return table;
}();

/// Of seven bits, and an eighth that makes the number of set ones even.
inline constexpr auto kEvenBitMasks = [] {
  std::array<BitMasks, 128> table{};
  for (unsigned bits = 0; bits < table.size(); ++bits) {
    const auto odd = static_cast<unsigned>(std::popcount(bits)) & 1U;
    table[bits] = masks_of(bits | odd << 7);
  }
  return table;
}();

/// The four numbers of two bits in a byte, the lowest first.
inline constexpr auto kPairsOfBits = [] {
  std::array<std::array<std::int8_t, 4>, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    for (unsigned i = 0; i < 4; ++i) table[byte][i] = static_cast<std::int8_t>(byte >> 2 * i & 3U);
  }
  return table;
}();

}  // namespace aerotool::ggml::kernels
