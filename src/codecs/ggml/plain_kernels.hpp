// ggml's first types: blocks of 32 with one scale, and Q8_K (src/codecs/ggml/FORMAT.md, "Plain types").
#pragma once

#include <bit>
#include <cstring>

#include "codecs/ggml/block_kernel.hpp"

namespace aerotool::ggml::kernels {

struct Q40 {
  static constexpr std::uint32_t kId = 2;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 18;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16, Less<8>>(octets_of(block) + 2, q.at.data());
    const float d = half_at(block, 0);
    scale<16>(q.at.data(), d, out);
    scale<16>(q.at.data() + 16, d, out + 16);
  }
};

struct Q41 {
  static constexpr std::uint32_t kId = 3;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 20;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16>(octets_of(block) + 4, q.at.data());
    const float d = half_at(block, 0);
    const float m = half_at(block, 2);
    scale_and_add<16>(q.at.data(), d, m, out);
    scale_and_add<16>(q.at.data() + 16, d, m, out + 16);
  }
};

/// 32 nibbles with fifth bits, which a word has in the order of the elements.
struct FiveBits {
  std::array<std::int32_t, 32> at;

  template <int Zero>
  [[gnu::always_inline]] static FiveBits unpack(std::uint32_t high, const std::uint8_t* nibbles) {
    Integers<32> low;
    unpack_nibbles<16>(nibbles, low.at.data());
    FiveBits q;
    for (std::size_t half = 0; half < 32; half += 16) {
      AEROTOOL_KEEP_LOOP
      for (std::size_t i = half; i < half + 16; ++i) {
        const std::int32_t fifth = (high & std::uint32_t{1} << i) != 0 ? 16 : 0;
        q.at[i] = low.at[i] + fifth - Zero;
      }
    }
    return q;
  }
};

struct Q50 {
  static constexpr std::uint32_t kId = 6;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 22;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const auto q = FiveBits::unpack<16>(load_le<std::uint32_t>(block, 2), octets_of(block) + 6);
    const float d = half_at(block, 0);
    for (std::size_t i = 0; i < 32; ++i) out[i] = d * static_cast<float>(q.at[i]);
  }
};

struct Q51 {
  static constexpr std::uint32_t kId = 7;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 24;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const auto q = FiveBits::unpack<0>(load_le<std::uint32_t>(block, 4), octets_of(block) + 8);
    const float d = half_at(block, 0);
    const float m = half_at(block, 2);
    for (std::size_t i = 0; i < 32; ++i) out[i] = d * static_cast<float>(q.at[i]) + m;
  }
};

struct Q80 {
  static constexpr std::uint32_t kId = 8;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 34;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    std::memcpy(q.at.data(), block.data() + 2, 32);
    scale<32>(q.at.data(), half_at(block, 0), out);
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
