// Floats of four bits under scales of eight (src/codecs/ggml/FORMAT.md, "FP4 types").
#pragma once

#include <bit>

#include "codecs/ggml/block_kernel.hpp"

namespace aerotool::ggml::kernels {

/// Twice an E2M1 float: 0 1 2 3 4 6 8 12, negative above 7. It has no -0, for ggml's table has none.
struct TwiceE2m1 {
  [[gnu::always_inline]] static std::int8_t of(std::uint8_t nibble) {
    const auto low = static_cast<std::uint8_t>(nibble & 7);
    // 4, 5, 6 and 7 stand for 4, 6, 8 and 12.
    const auto beyond = static_cast<std::uint8_t>(low > 4 ? low - 4 : 0);
    const auto last = static_cast<std::uint8_t>(low == 7 ? 2 : 0);
    const auto magnitude = static_cast<std::uint8_t>(low + beyond + last);
    const auto negative = static_cast<std::uint8_t>(nibble > 7 ? 0xff : 0);
    return static_cast<std::int8_t>(static_cast<std::uint8_t>((magnitude ^ negative) - negative));
  }
};

/// 2^(exponent - 128), half of what E8M0 means, for the elements are doubled.
[[gnu::always_inline]] inline float half_e8m0(std::uint8_t exponent) {
  return std::bit_cast<float>(exponent < 2 ? 0x00200000U << exponent : (exponent - 1U) << 23);
}

/// Half an E4M3 without a sign, whose bit is not looked at; but 0x7f, which would be NaN, is 0.
[[gnu::always_inline]] inline float half_ue4m3(std::uint8_t bits) {
  const std::uint32_t low = bits & 0x7fU;
  const std::uint32_t exponent = low >> 3;
  const float subnormal = static_cast<float>(static_cast<int>(low)) * 0x1p-10F;
  const auto normal = std::bit_cast<float>((low << 20) + ((127U - 7U - 1U) << 23));
  if (bits == 0x7f) return 0;
  return exponent == 0 ? subnormal : normal;
}

struct Mxfp4 {
  static constexpr std::uint32_t kId = 39;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 17;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16, TwiceE2m1>(octets_of(block) + 1, q.at.data());
    scale_halves(q, half_e8m0(octets_of(block)[0]), out);
  }
};

struct Nvfp4 {
  static constexpr std::uint32_t kId = 40;
  static constexpr std::uint32_t kElements = 64;
  static constexpr std::uint32_t kBytes = 36;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<64> q;
    unpack_nibbles<32, TwiceE2m1>(octets_of(block) + 4, q.at.data());
    for (std::size_t group = 0; group < 4; ++group) {
      const float d = half_ue4m3(octets_of(block)[group]);
      scale<8>(q.at.data() + 8 * group, d, out + 16 * group);
      scale<8>(q.at.data() + 32 + 8 * group, d, out + 16 * group + 8);
    }
  }
};

}  // namespace aerotool::ggml::kernels
