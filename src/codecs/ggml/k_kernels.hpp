// The K quants: 256 elements with small scales for groups, which are multiplied by one or two of the whole
// block (src/codecs/ggml/FORMAT.md, "K quants").
#pragma once

#include "codecs/ggml/block_kernel.hpp"

namespace aerotool::ggml::kernels {

struct Q2K {
  static constexpr std::uint32_t kId = 10;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 84;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* scales = octets_of(block);
    const std::uint8_t* bits = octets_of(block) + 16;
    Integers<256> q;
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t part = 0; part < 4; ++part) {
        for (std::size_t i = 0; i < 32; ++i) {
          q.at[128 * half + 32 * part + i] = static_cast<std::int8_t>(bits[32 * half + i] >> (2 * part) & 3);
        }
      }
    }
    const float d = half_at(block, 80);
    const float dmin = half_at(block, 82);
    std::array<float, 16> factors;
    std::array<float, 16> terms;
    for (std::size_t group = 0; group < 16; ++group) {
      factors[group] = d * static_cast<float>(scales[group] & 0xf);
      terms[group] = -(dmin * static_cast<float>(scales[group] >> 4));
    }
    for (std::size_t group = 0; group < 16; ++group) {
      scale_and_add<16>(q.at.data() + 16 * group, factors[group], terms[group], out + 16 * group);
    }
  }
};

struct Q3K {
  static constexpr std::uint32_t kId = 11;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 110;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* high = octets_of(block);
    const std::uint8_t* bits = octets_of(block) + 32;
    const std::uint8_t* scales = octets_of(block) + 96;
    Integers<256> q;
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t part = 0; part < 4; ++part) {
        for (std::size_t i = 0; i < 32; ++i) {
          const auto third = static_cast<std::uint8_t>(high[i] >> (4 * half + part) & 1);
          const auto low = static_cast<std::uint8_t>(bits[32 * half + i] >> (2 * part) & 3);
          q.at[128 * half + 32 * part + i] = static_cast<std::int8_t>((third << 2 | low) - 4);
        }
      }
    }
    const float d = half_at(block, 108);
    std::array<float, 16> factors;
    for (std::size_t group = 0; group < 16; ++group) {
      const int low = scales[group % 8] >> (group / 8 * 4) & 0xf;
      const int upper = scales[8 + group % 4] >> (group / 4 * 2) & 3;
      factors[group] = d * static_cast<float>((upper << 4 | low) - 32);
    }
    for (std::size_t group = 0; group < 16; ++group) {
      scale<16>(q.at.data() + 16 * group, factors[group], out + 16 * group);
    }
  }
};

/// The eight scales and eight minima of six bits that Q4_K and Q5_K have in twelve bytes.
struct SixBitPairs {
  std::array<std::uint8_t, 8> scales;
  std::array<std::uint8_t, 8> minima;

  [[gnu::always_inline]] explicit SixBitPairs(const std::uint8_t* bytes) {
    for (std::size_t i = 0; i < 4; ++i) {
      scales[i] = bytes[i] & 0x3f;
      minima[i] = bytes[4 + i] & 0x3f;
      scales[4 + i] = static_cast<std::uint8_t>((bytes[8 + i] & 0xf) | (bytes[i] >> 6 << 4));
      minima[4 + i] = static_cast<std::uint8_t>((bytes[8 + i] >> 4) | (bytes[4 + i] >> 6 << 4));
    }
  }
};

/// d * s * q - dmin * m, for groups of 32.
[[gnu::always_inline]] inline void scale_by_pairs(ByteSpan block, const Integers<256>& q, float* out) {
  const float d = half_at(block, 0);
  const float dmin = half_at(block, 2);
  const SixBitPairs pairs(octets_of(block) + 4);
  std::array<float, 8> factors;
  std::array<float, 8> terms;
  for (std::size_t group = 0; group < 8; ++group) {
    factors[group] = d * static_cast<float>(pairs.scales[group]);
    terms[group] = -(dmin * static_cast<float>(pairs.minima[group]));
  }
  for (std::size_t group = 0; group < 8; ++group) {
    scale_and_add<32>(q.at.data() + 32 * group, factors[group], terms[group], out + 32 * group);
  }
}

struct Q4K {
  static constexpr std::uint32_t kId = 12;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 144;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<256> q;
    for (std::size_t pair = 0; pair < 4; ++pair) {
      unpack_nibbles<32>(octets_of(block) + 16 + 32 * pair, q.at.data() + 64 * pair);
    }
    scale_by_pairs(block, q, out);
  }
};

struct Q5K {
  static constexpr std::uint32_t kId = 13;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 176;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* high = octets_of(block) + 16;
    Integers<256> q;
    for (std::size_t pair = 0; pair < 4; ++pair) {
      unpack_nibbles<32>(octets_of(block) + 48 + 32 * pair, q.at.data() + 64 * pair);
    }
    for (std::size_t group = 0; group < 8; ++group) {
      for (std::size_t i = 0; i < 32; ++i) {
        const auto fifth = static_cast<std::uint8_t>(high[i] >> group & 1);
        q.at[32 * group + i] = static_cast<std::int8_t>(q.at[32 * group + i] | fifth << 4);
      }
    }
    scale_by_pairs(block, q, out);
  }
};

struct Q6K {
  static constexpr std::uint32_t kId = 14;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 210;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* scales = octets_of(block) + 192;
    Integers<256> q;
    for (std::size_t half = 0; half < 2; ++half) {
      const std::uint8_t* high = octets_of(block) + 128 + 32 * half;
      std::int8_t* to = q.at.data() + 128 * half;
      unpack_nibbles<64>(octets_of(block) + 64 * half, to);
      for (std::size_t part = 0; part < 4; ++part) {
        for (std::size_t i = 0; i < 32; ++i) {
          const auto upper = static_cast<std::uint8_t>(high[i] >> (2 * part) & 3);
          to[32 * part + i] = static_cast<std::int8_t>((to[32 * part + i] | upper << 4) - 32);
        }
      }
    }
    const float d = half_at(block, 208);
    std::array<float, 16> factors;
    for (std::size_t group = 0; group < 16; ++group) {
      factors[group] = d * static_cast<float>(static_cast<std::int8_t>(scales[group]));
    }
    for (std::size_t group = 0; group < 16; ++group) {
      scale<16>(q.at.data() + 16 * group, factors[group], out + 16 * group);
    }
  }
};

}  // namespace aerotool::ggml::kernels
