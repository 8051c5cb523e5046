// The IQ types: each few elements are a point of a grid, or each element a value of a table
// (src/codecs/ggml/FORMAT.md, "IQ types").
#pragma once

#include <bit>
#include <cstring>

#include "codecs/ggml/block_kernel.hpp"
#include "codecs/ggml/expansion.hpp"
#include "codecs/ggml/grids.hpp"

namespace aerotool::ggml::kernels {

/// 256 elements as points, with a byte for each that says whether it is negative.
struct SignedPoints {
  Integers<256> q;
  alignas(32) std::array<std::uint8_t, 256> negative;

  template <std::size_t Values>
  [[gnu::always_inline]] void point(std::size_t index, const std::array<std::int8_t, Values>& values) {
    std::memcpy(q.at.data() + Values * index, values.data(), Values);
  }
  [[gnu::always_inline]] void signs(std::size_t index, const BitMasks& masks) {
    std::memcpy(negative.data() + 8 * index, masks.data(), 8);
  }
  /// No point has a 0, so that none can be negative.
  [[gnu::always_inline]] void apply_signs() {
    for (std::size_t i = 0; i < 256; ++i) {
      q.at[i] = static_cast<std::int8_t>((static_cast<std::uint8_t>(q.at[i]) ^ negative[i]) - negative[i]);
    }
  }
};

template <std::size_t Groups>
[[gnu::always_inline]] inline void scale_groups(const Integers<256>& q,
                                                const std::array<float, Groups>& factors, float* out) {
  constexpr std::size_t kGroup = 256 / Groups;
  for (std::size_t group = 0; group < Groups; ++group) {
    scale<kGroup>(q.at.data() + kGroup * group, factors[group], out + kGroup * group);
  }
}

/// A word for 32 elements: four times seven bits of signs, and a scale above them.
template <typename Points>
[[gnu::always_inline]] inline unsigned signs_and_scale(std::uint32_t word, std::size_t group,
                                                       Points& points) {
  for (std::size_t i = 0; i < 4; ++i) points.signs(4 * group + i, kEvenBitMasks[word >> (7 * i) & 0x7f]);
  return word >> 28;
}

/// d * (0.5 + s) * unit, exactly.
[[gnu::always_inline]] inline float half_step_factor(float d, unsigned scale, float unit) {
  return d * ((0.5F + static_cast<float>(static_cast<int>(scale))) * unit);
}

/// For groups of 16, whose scales are nibbles.
[[gnu::always_inline]] inline std::array<float, 16> nibble_factors(float d, const std::uint8_t* nibbles) {
  std::array<float, 16> factors;
  for (std::size_t i = 0; i < 8; ++i) {
    factors[2 * i] = half_step_factor(d, nibbles[i] & 0xf, 0.25F);
    factors[2 * i + 1] = half_step_factor(d, nibbles[i] >> 4, 0.25F);
  }
  return factors;
}

struct Iq2Xxs {
  static constexpr std::uint32_t kId = 16;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 66;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const float d = half_at(block, 0);
    SignedPoints points;
    std::array<float, 8> factors;
    for (std::size_t group = 0; group < 8; ++group) {
      const std::uint8_t* indexes = octets_of(block) + 2 + 8 * group;
      for (std::size_t i = 0; i < 4; ++i) points.point(4 * group + i, kGridIq2Xxs[indexes[i]]);
      const unsigned s = signs_and_scale(load_le<std::uint32_t>(block, 6 + 8 * group), group, points);
      factors[group] = half_step_factor(d, s, 0.25F);
    }
    points.apply_signs();
    scale_groups(points.q, factors, out);
  }
};

struct Iq2Xs {
  static constexpr std::uint32_t kId = 17;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 74;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    SignedPoints points;
    for (std::size_t i = 0; i < 32; ++i) {
      const auto code = load_le<std::uint16_t>(block, 2 + 2 * i);
      points.point(i, kGridIq2Xs[code & 0x1ff]);
      points.signs(i, kEvenBitMasks[code >> 9]);
    }
    points.apply_signs();
    scale_groups(points.q, nibble_factors(half_at(block, 0), octets_of(block) + 66), out);
  }
};

struct Iq2S {
  static constexpr std::uint32_t kId = 22;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 82;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* bytes = octets_of(block);
    SignedPoints points;
    for (std::size_t i = 0; i < 32; ++i) {
      const unsigned high = bytes[66 + i / 4] >> (2 * (i % 4)) & 3U;
      points.point(i, kGridIq2S[high << 8 | bytes[2 + i]]);
      points.signs(i, kBitMasks[bytes[34 + i]]);
    }
    points.apply_signs();
    scale_groups(points.q, nibble_factors(half_at(block, 0), bytes + 74), out);
  }
};

struct Iq3Xxs {
  static constexpr std::uint32_t kId = 18;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 98;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const float d = half_at(block, 0);
    SignedPoints points;
    std::array<float, 8> factors;
    for (std::size_t i = 0; i < 64; ++i) points.point(i, kGridIq3Xxs[octets_of(block)[2 + i]]);
    for (std::size_t group = 0; group < 8; ++group) {
      const unsigned s = signs_and_scale(load_le<std::uint32_t>(block, 66 + 4 * group), group, points);
      factors[group] = half_step_factor(d, s, 0.5F);
    }
    points.apply_signs();
    scale_groups(points.q, factors, out);
  }
};

struct Iq3S {
  static constexpr std::uint32_t kId = 21;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 110;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* bytes = octets_of(block);
    const float d = half_at(block, 0);
    SignedPoints points;
    for (std::size_t i = 0; i < 64; ++i) {
      const unsigned ninth = bytes[66 + i / 8] >> (i % 8) & 1U;
      points.point(i, kGridIq3S[ninth << 8 | bytes[2 + i]]);
    }
    for (std::size_t i = 0; i < 32; ++i) points.signs(i, kBitMasks[bytes[74 + i]]);
    points.apply_signs();
    std::array<float, 8> factors;
    for (std::size_t group = 0; group < 8; ++group) {
      const int s = bytes[106 + group / 2] >> (group % 2 * 4) & 0xf;
      factors[group] = d * static_cast<float>(1 + 2 * s);
    }
    scale_groups(points.q, factors, out);
  }
};

/// 256 elements as points of IQ1's grid, each point moved up or down.
struct ShiftedPoints {
  Integers<256> q;
  alignas(32) std::array<std::uint64_t, 32> shifts;

  [[gnu::always_inline]] void point(std::size_t index, unsigned code, bool down) {
    std::memcpy(q.at.data() + 8 * index, kGridIq1[code].data(), 8);
    shifts[index] = down ? 0xffffffffffffffffU : 0x0101010101010101U;
  }
  [[gnu::always_inline]] void apply_shifts() {
    alignas(32) std::array<std::int8_t, 256> bytes;
    std::memcpy(bytes.data(), shifts.data(), 256);
    for (std::size_t i = 0; i < 256; ++i) q.at[i] = static_cast<std::int8_t>(q.at[i] + bytes[i]);
  }
};

/// d * (2 s + 1), for points that are eight times their values.
[[gnu::always_inline]] inline float odd_factor(float d, unsigned scale) {
  return d * (static_cast<float>(static_cast<int>(2 * scale + 1)) * 0.125F);
}

struct Iq1S {
  static constexpr std::uint32_t kId = 19;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 50;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const float d = half_at(block, 0);
    ShiftedPoints points;
    std::array<float, 8> factors;
    for (std::size_t group = 0; group < 8; ++group) {
      const unsigned high = load_le<std::uint16_t>(block, 34 + 2 * group);
      for (std::size_t i = 0; i < 4; ++i) {
        const unsigned low = octets_of(block)[2 + 4 * group + i];
        points.point(4 * group + i, (high >> (3 * i) & 7U) << 8 | low, (high & 0x8000U) != 0);
      }
      factors[group] = odd_factor(d, high >> 12 & 7U);
    }
    points.apply_shifts();
    scale_groups(points.q, factors, out);
  }
};

struct Iq1M {
  static constexpr std::uint32_t kId = 29;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 56;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* bytes = octets_of(block);
    const auto scales = load_le<std::uint64_t>(block, 48);
    ShiftedPoints points;
    for (std::size_t i = 0; i < 32; ++i) {
      const unsigned high = bytes[32 + i / 2] >> (4 * (i % 2));
      points.point(i, (high & 7U) << 8 | bytes[i], (high & 8U) != 0);
    }
    points.apply_shifts();
    // Four times twelve bits of scales and four bits of d, the lowest ones first.
    unsigned bits = 0;
    for (unsigned i = 0; i < 4; ++i) bits |= static_cast<unsigned>(scales >> (16 * i + 12) & 0xf) << 4 * i;
    const float d = half_to_float(static_cast<std::uint16_t>(bits));
    std::array<float, 16> factors;
    for (std::size_t group = 0; group < 16; ++group) {
      factors[group] = odd_factor(d, static_cast<unsigned>(scales >> (group / 4 * 16 + group % 4 * 3) & 7U));
    }
    scale_groups(points.q, factors, out);
  }
};

/// The value of each nibble.
inline constexpr std::int8_t kCurve[] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                         1,    13,   25,  38,  53,  69,  89,  113};

/// Chosen by the nibble's bits, one after the other: unlike a look-up this can be done for many nibbles at
/// once.
template <unsigned First = 0, unsigned Bits = 4>
[[gnu::always_inline]] inline std::uint8_t curve_value(std::uint8_t nibble) {
  if constexpr (Bits == 0) {
    return static_cast<std::uint8_t>(kCurve[First]);
  } else {
    const std::uint8_t clear = curve_value<First, Bits - 1>(nibble);
    const std::uint8_t set = curve_value<First + (1U << (Bits - 1)), Bits - 1>(nibble);
    const auto mask = static_cast<std::uint8_t>((nibble & 1U << (Bits - 1)) != 0 ? 0xff : 0);
    return static_cast<std::uint8_t>(clear ^ ((clear ^ set) & mask));
  }
}

struct OnCurve {
  [[gnu::always_inline]] static std::int8_t of(std::uint8_t nibble) {
    return static_cast<std::int8_t>(curve_value(nibble));
  }
};

struct Iq4Nl {
  static constexpr std::uint32_t kId = 20;
  static constexpr std::uint32_t kElements = 32;
  static constexpr std::uint32_t kBytes = 18;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<32> q;
    unpack_nibbles<16, OnCurve>(octets_of(block) + 2, q.at.data());
    scale_halves(q, half_at(block, 0), out);
  }
};

struct Iq4Xs {
  static constexpr std::uint32_t kId = 23;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 136;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* bytes = octets_of(block);
    Integers<256> q;
    unpack_nibbles<128, OnCurve>(bytes + 8, q.at.data());
    const float d = half_at(block, 0);
    const unsigned high = load_le<std::uint16_t>(block, 2);
    for (std::size_t group = 0; group < 8; ++group) {
      const unsigned low = bytes[4 + group / 2] >> (group % 2 * 4) & 0xfU;
      const float factor =
          d * static_cast<float>(static_cast<int>((high >> (2 * group) & 3U) << 4 | low) - 32);
      scale<16>(q.at.data() + 16 * group, factor, out + 32 * group);
      scale<16>(q.at.data() + 128 + 16 * group, factor, out + 32 * group + 16);
    }
  }
};

}  // namespace aerotool::ggml::kernels
