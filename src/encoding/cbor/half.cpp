#include "encoding/cbor/half.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace aerotool::cbor {
namespace {

constexpr unsigned kDropped = 13;  // bits that a single's fraction has more

}  // namespace

std::uint32_t single_of_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fU;
  const std::uint32_t fraction = half & 0x3ffU;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign | std::bit_cast<std::uint32_t>(magnitude);
  }
  if (exponent == 0x1f) return sign | 0x7f800000U | fraction << kDropped;
  return sign | (exponent + 127 - 15) << 23 | fraction << kDropped;
}

std::optional<std::uint16_t> half_of_single(std::uint32_t single) {
  const std::uint32_t sign = (single >> 16) & 0x8000U;
  const int exponent = static_cast<int>((single >> 23) & 0xffU);
  const std::uint32_t fraction = single & 0x7fffffU;
  std::uint32_t magnitude = 0;
  if (exponent == 0xff) {
    magnitude = 0x7c00U | fraction >> kDropped;
  } else if (exponent >= 127 - 14 && exponent <= 127 + 15) {
    magnitude = static_cast<std::uint32_t>(exponent - 127 + 15) << 10 | fraction >> kDropped;
  } else if (exponent >= 127 - 24 && exponent < 127 - 14) {
    // The leading one stands among a subnormal's bits.
    const auto dropped = static_cast<unsigned>(126 - exponent);
    if (((fraction | 0x800000U) & ((1U << dropped) - 1)) != 0) return std::nullopt;
    return static_cast<std::uint16_t>(sign | (fraction | 0x800000U) >> dropped);
  } else if (exponent != 0 || fraction != 0) {
    return std::nullopt;
  }
  if ((fraction & ((1U << kDropped) - 1)) != 0) return std::nullopt;
  return static_cast<std::uint16_t>(sign | magnitude);
}

std::optional<std::uint32_t> single_of_double(std::uint64_t bits) {
  const auto number = std::bit_cast<double>(bits);
  // A conversion that does not fit is undefined.
  if (std::isfinite(number) && std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()))
    return std::nullopt;
  const auto single = static_cast<float>(number);
  if (static_cast<double>(single) != number) return std::nullopt;
  return std::bit_cast<std::uint32_t>(single);
}

}  // namespace aerotool::cbor
