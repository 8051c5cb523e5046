// The K quants: 256 elements with small scales for groups, which are multiplied by one or two of the whole
// block (src/codecs/ggml/FORMAT.md, "K quants").
#pragma once

#include "codecs/ggml/block_kernel.hpp"

namespace aerotool::ggml::kernels {

struct Q2K {
  static constexpr std::uint32_t kId = 10;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 84;

  template <std::size_t K>
  [[gnu::always_inline]] static void unpack(const std::uint8_t* block, std::int8_t* out) {
    for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::int8_t>(two_bits<K>(block + 16, i));
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* scales = octets_of(block);
    const Integers<256> q = unpacked<Q2K>(block);
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

  template <std::size_t K>
  [[gnu::always_inline]] static void unpack(const std::uint8_t* block, std::int8_t* out) {
    for (std::size_t i = 0; i < 32; ++i) {
      const auto third = static_cast<std::uint8_t>(block[i] >> K & 1);
      out[i] = static_cast<std::int8_t>(two_bits<K>(block + 32, i) + 4 * third - 4);
    }
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* scales = octets_of(block) + 96;
    const Integers<256> q = unpacked<Q3K>(block);
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

  template <std::size_t K>
  [[gnu::always_inline]] static void unpack(const std::uint8_t* block, std::int8_t* out) {
    const std::uint8_t* nibbles = block + 48 + K / 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) {
      const auto fifth = static_cast<std::uint8_t>(block[16 + i] >> K & 1);
      out[i] = static_cast<std::int8_t>((nibbles[i] >> (K % 2 * 4) & 0xf) + 16 * fifth);
    }
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    scale_by_pairs(block, unpacked<Q5K>(block), out);
  }
};

struct Q6K {
  static constexpr std::uint32_t kId = 14;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 210;

  template <std::size_t K>
  [[gnu::always_inline]] static void unpack(const std::uint8_t* block, std::int8_t* out) {
    const std::uint8_t* nibbles = block + K / 4 * 64 + K % 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) {
      const auto low = static_cast<std::uint8_t>(nibbles[i] >> (K % 4 / 2 * 4) & 0xf);
      out[i] = static_cast<std::int8_t>(low + 16 * two_bits<K>(block + 128, i) - 32);
    }
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* scales = octets_of(block) + 192;
    const Integers<256> q = unpacked<Q6K>(block);
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
