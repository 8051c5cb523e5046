// ggml's first types: blocks of 32 with one scale, and Q8_K (src/codecs/ggml/FORMAT.md, "Plain types").
#pragma once

#include <bit>
#include <cstring>

#include "codecs/ggml/block_kernel.hpp"
#include "codecs/ggml/expansion.hpp"

namespace aerotool::ggml::kernels {

struct Q40 {
  static constexpr std::uint32_t kId = 2;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 18;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16, Less<8>>(octets_of(block) + 2, q.at.data());
    scale_halves(q, half_at(block, 0), out);
  }
};

struct Q41 {
  static constexpr std::uint32_t kId = 3;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 20;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16>(octets_of(block) + 4, q.at.data());
    scale_halves_and_add(q, half_at(block, 0), half_at(block, 2), out);
  }
};

/// 32 elements, whose fifth bits are in four bytes, eight at once. `Less16`: each less 16, for which the bits
/// above the nibble are set where the fifth one is not.
template <bool Less16>
[[gnu::always_inline]] inline Integers<32> five_bits(const std::uint8_t* fifths,
                                                     const std::uint8_t* nibbles) {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  Integers<32> q;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto fifth = std::bit_cast<std::uint64_t>(kBitMasks[fifths[i]]);
    std::uint64_t eight = 0;
    std::memcpy(&eight, nibbles + i % 2 * 8, 8);
    eight = (i < 2 ? eight : eight >> 4) & 0xf * kEach;
    eight |= Less16 ? ~fifth & 0xf0 * kEach : fifth & 0x10 * kEach;
    std::memcpy(q.at.data() + 8 * i, &eight, 8);
  }
  return q;
}

struct Q50 {
  static constexpr std::uint32_t kId = 6;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 22;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const Integers<32> q = five_bits<true>(octets_of(block) + 2, octets_of(block) + 6);
    scale_halves(q, half_at(block, 0), out);
  }
};

struct Q51 {
  static constexpr std::uint32_t kId = 7;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 24;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const Integers<32> q = five_bits<false>(octets_of(block) + 4, octets_of(block) + 8);
    scale_halves_and_add(q, half_at(block, 0), half_at(block, 2), out);
  }
};

struct Q80 {
  static constexpr std::uint32_t kId = 8;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 34;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    std::memcpy(q.at.data(), block.data() + 2, 32);
    scale_halves(q, half_at(block, 0), out);
  }
};

/// Its sums, which only products of blocks need, are not looked at.
struct Q8K {
  static constexpr std::uint32_t kId = 15;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 292;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<256> q;
    std::memcpy(q.at.data(), block.data() + 4, 256);
    scale<256>(q.at.data(), std::bit_cast<float>(load_le<std::uint32_t>(block)), out);
  }
};

}  // namespace aerotool::ggml::kernels
