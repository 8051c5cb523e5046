// Floats of 8 and 16 bits as F32, without a branch or a table, so that loops over them become vectors.
#pragma once

#include <bit>
#include <cstdint>

namespace aerotool {

/// A magnitude with `Mantissa` bits of fraction below an exponent with this bias, as F32; exact. What the
/// type keeps for infinities and NaN counts as a number.
template <int Mantissa, int Bias>
[[gnu::always_inline]] constexpr float magnitude_to_float(std::uint32_t magnitude) {
  constexpr int kSmallestPlace = 127 + 1 - Bias - Mantissa;  // of a subnormal's last bit, as F32's exponent
  constexpr auto kSmallest = std::bit_cast<float>(static_cast<std::uint32_t>(kSmallestPlace) << 23);
  const auto normal =
      std::bit_cast<float>((magnitude << (23 - Mantissa)) + (static_cast<std::uint32_t>(127 - Bias) << 23));
  const float subnormal = static_cast<float>(static_cast<std::int32_t>(magnitude)) * kSmallest;
  return magnitude < (1U << Mantissa) ? subnormal : normal;
}

/// IEEE's half. A NaN keeps its sign and payload and becomes quiet.
[[gnu::always_inline]] constexpr float half_to_float(std::uint16_t half) {
  const std::uint32_t magnitude = half & 0x7fffU;
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const auto number = std::bit_cast<std::uint32_t>(magnitude_to_float<10, 15>(magnitude));
  // An exponent of 31 is 16 too small; F32's are all ones.
  const std::uint32_t special = magnitude >= 0x7c00U ? 0x7f800000U : 0;
  const std::uint32_t quiet = magnitude > 0x7c00U ? 0x00400000U : 0;
  return std::bit_cast<float>(number | special | quiet | sign);
}

[[gnu::always_inline]] constexpr float bf16_to_float(std::uint16_t bits) {
  const std::uint32_t quiet = (bits & 0x7fffU) > 0x7f80U ? 0x00400000U : 0;
  return std::bit_cast<float>((std::uint32_t{bits} << 16) | quiet);
}

/// No infinities, one NaN of either sign.
[[gnu::always_inline]] constexpr float f8_e4m3_to_float(std::uint8_t bits) {
  const std::uint32_t magnitude = bits & 0x7fU;
  const std::uint32_t sign = (bits & 0x80U) << 24;
  const auto number = std::bit_cast<std::uint32_t>(magnitude_to_float<3, 7>(magnitude));
  return std::bit_cast<float>((magnitude == 0x7f ? 0x7fc00000U : number) | sign);
}

/// The upper half of an F16.
[[gnu::always_inline]] constexpr float f8_e5m2_to_float(std::uint8_t bits) {
  return half_to_float(static_cast<std::uint16_t>(bits << 8));
}

/// The types "fnuz" have neither -0 nor infinities: what would be -0 is their only NaN.
template <int Mantissa, int Bias>
[[gnu::always_inline]] constexpr float fnuz_to_float(std::uint8_t bits) {
  const std::uint32_t sign = (bits & 0x80U) << 24;
  const auto number = std::bit_cast<std::uint32_t>(magnitude_to_float<Mantissa, Bias>(bits & 0x7fU));
  return std::bit_cast<float>(bits == 0x80 ? 0x7fc00000U : number | sign);
}

/// 2^(bits - 127), and NaN.
[[gnu::always_inline]] constexpr float f8_e8m0_to_float(std::uint8_t bits) {
  const std::uint32_t normal = std::uint32_t{bits} << 23;
  const std::uint32_t number = bits == 0 ? 0x00400000U : normal;
  return std::bit_cast<float>(bits == 0xff ? 0x7fc00000U : number);
}

}  // namespace aerotool
