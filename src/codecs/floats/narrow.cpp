#include "codecs/floats/narrow.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/bytes.hpp"
#include "core/vectorised.hpp"

namespace aerotool {
namespace {

/// A type that numbers are rounded to: `kMantissa` bits of fraction, an exponent with `kBias`. `kInfinite`:
/// the magnitude from which on nothing is a number. `kClipped`: what is written for what is too large.
template <typename BitsOfElement, int Mantissa, int Bias, std::uint32_t Clipped, std::uint32_t Nan>
struct Target {
  using Bits = BitsOfElement;
  static constexpr int kMantissa = Mantissa;
  static constexpr int kBias = Bias;
  static constexpr Bits kClipped = Clipped;
  static constexpr Bits kNan = Nan;
  /// F8_E4M3 has no infinities, and its largest numbers use the exponent of all ones.
  static constexpr bool kSaturates = Clipped + 1 == Nan;
  /// The magnitude of the largest number, and with it the numbers that round to it.
  static constexpr Bits kLargest = kSaturates ? Clipped : Clipped - 1;
};

using Half = Target<std::uint16_t, 10, 15, 0x7c00, 0x7e00>;
using Brain = Target<std::uint16_t, 7, 127, 0x7f80, 0x7fc0>;
using E5m2 = Target<std::uint8_t, 2, 15, 0x7c, 0x7e>;
using E4m3 = Target<std::uint8_t, 3, 7, 0x7e, 0x7f>;

/// The number that is rounded: F32 or F64.
template <typename Number>
struct Wide {
  using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
  static constexpr int kMantissa = std::numeric_limits<Number>::digits - 1;
  static constexpr int kBias = std::numeric_limits<Number>::max_exponent - 1;
  static constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  static constexpr Bits kInfinity = Bits{2 * static_cast<unsigned>(kBias) + 1} << kMantissa;
};

/// So many elements that they and what becomes of them stay in the nearest cache.
constexpr std::size_t kElementsAtOnce = 2048;

/// The magnitudes that mean something: from `too_large` on a number is not kept, up to `flushed` it becomes
/// 0.
template <typename Bits>
struct Limits {
  Bits too_large = 0;
  Bits flushed = 0;
  bool saturates = false;  // infinities are not kept either
};

/// 1 where a number is above a limit, else 0: without a comparison, which GCC 12 does not add up in vectors.
/// Both are less than half of what their type holds.
template <typename Bits>
[[gnu::always_inline]] inline Bits above(Bits limit, Bits number) {
  return (limit - number) >> (sizeof(Bits) * 8 - 1);
}

/// Between which magnitudes numbers lie.
template <typename Bits>
struct Extent {
  Bits least = ~Bits{0};
  Bits least_below = ~Bits{0};  // one less than the least that is not 0
  Bits most = 0;

  /// Nothing is lost.
  [[gnu::always_inline]] bool is_kept(const Limits<Bits>& limits) const {
    return least_below >= limits.flushed && most < limits.too_large;
  }
};

template <typename Number>
[[gnu::always_inline]] inline Extent<typename Wide<Number>::Bits> extent_of(const Number* values,
                                                                            std::size_t count) {
  using Bits = typename Wide<Number>::Bits;
  Extent<Bits> extent;
  Bits least = extent.least;
  Bits least_below = extent.least_below;
  Bits most = extent.most;
  for (std::size_t i = 0; i < count; ++i) {
    const Bits magnitude = std::bit_cast<Bits>(values[i]) & ~Wide<Number>::kSign;
    least = std::min(least, magnitude);
    least_below = std::min<Bits>(least_below, magnitude - 1);
    most = std::max(most, magnitude);
  }
  return {least, least_below, most};
}

template <typename Number>
[[gnu::always_inline]] inline CastCounts counts_of(const Number* values, std::size_t count,
                                                   const Limits<typename Wide<Number>::Bits>& limits) {
  using From = Wide<Number>;
  using Bits = typename From::Bits;
  Bits large = 0;  // with infinities and NaN
  Bits not_finite = 0;
  Bits nan = 0;
  Bits not_zero_before = 0;
  Bits not_zero = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Bits magnitude = std::bit_cast<Bits>(values[i]) & ~From::kSign;
    large += above<Bits>(limits.too_large - 1, magnitude);
    not_finite += above<Bits>(From::kInfinity - 1, magnitude);
    nan += above<Bits>(From::kInfinity, magnitude);
    not_zero_before += above<Bits>(0, magnitude);
    not_zero += above<Bits>(limits.flushed, magnitude);
  }
  return {large - (limits.saturates ? nan : not_finite), not_zero_before - not_zero, nan};
}

template <typename To, typename Number>
struct Narrow {
  using From = Wide<Number>;
  using Wider = typename From::Bits;
  static constexpr int kShift = From::kMantissa - To::kMantissa;
  static constexpr Wider kRebias = Wider{static_cast<unsigned>(From::kBias - To::kBias)} << From::kMantissa;
  static constexpr Wider kSmallestNormal = kRebias + (Wider{1} << From::kMantissa);
  static constexpr Wider kHalfStep = Wider{1} << (kShift - 1);
  // Half a step above the largest number is a tie, which goes to the number where its last bit is 0.
  static constexpr Wider kTooLarge =
      (Wider{To::kLargest} << kShift) + kRebias + kHalfStep + (To::kLargest % 2 == 0 ? Wider{1} : Wider{0});
  // A number with this exponent has the smallest step of `To` as its own, so that adding it rounds.
  static constexpr Wider kAligned =
      Wider{static_cast<unsigned>(From::kBias + 1 - To::kBias - To::kMantissa + From::kMantissa)}
      << From::kMantissa;
  // Half of the smallest step; where both have the same exponents, it is subnormal in `From` too.
  static constexpr Wider kFlushed =
      To::kBias == From::kBias
          ? kHalfStep
          : Wider{static_cast<unsigned>(From::kBias - To::kBias - To::kMantissa)} << From::kMantissa;
  static constexpr Limits<Wider> kLimits = {kTooLarge, kFlushed, To::kSaturates};
  static constexpr Wider kPayload = To::kSaturates ? 0 : To::kNan - To::kClipped - 1;

  /// Of a magnitude that is not too large.
  [[gnu::always_inline]] static Wider rounded(Wider magnitude) {
    const Wider odd = (magnitude >> kShift) & 1;
    const Wider result = (magnitude - kRebias + kHalfStep - 1 + odd) >> kShift;
    if constexpr (To::kBias == From::kBias) return result;
    const Number aligned = std::bit_cast<Number>(magnitude) + std::bit_cast<Number>(kAligned);
    return magnitude < kSmallestNormal ? std::bit_cast<Wider>(aligned) - kAligned : result;
  }

  /// Of any, infinities and NaN as well.
  [[gnu::always_inline]] static Wider rounded_or_clipped(Wider magnitude) {
    Wider result = rounded(magnitude);
    result = magnitude >= kTooLarge ? Wider{To::kClipped} : result;
    const Wider payload = (magnitude >> kShift) & kPayload;
    return magnitude > From::kInfinity ? (Wider{To::kNan} | payload) : result;
  }

  template <Wider Round(Wider)>
  [[gnu::always_inline]] static void round_all(const Number* values, std::size_t count, std::byte* out) {
    using Bits = typename To::Bits;
    std::array<Bits, kElementsAtOnce> elements;
    for (std::size_t i = 0; i < count; ++i) {
      const auto bits = std::bit_cast<Wider>(values[i]);
      const Wider sign = (bits & From::kSign) >> (sizeof(Wider) - sizeof(Bits)) * 8;
      elements[i] = detail::swap_on_big_endian(static_cast<Bits>(Round(bits & ~From::kSign) | sign));
    }
    std::memcpy(out, elements.data(), count * sizeof(Bits));
  }

  [[gnu::always_inline]] static void run_within(const Extent<Wider>& extent, const Number* values,
                                                std::size_t count, std::byte* out, CastCounts* counts) {
    // So it is with nearly all weights.
    if (extent.is_kept(kLimits)) {
      round_all<rounded>(values, count, out);
      *counts = {};
    } else {
      round_all<rounded_or_clipped>(values, count, out);
      *counts = counts_of(values, count, kLimits);
    }
  }

  [[gnu::always_inline]] static void run(const Number* values, std::size_t count, std::byte* out,
                                         CastCounts* counts) {
    run_within(extent_of(values, count), values, count, out, counts);
  }
};

/// F64 by way of F32, rounded to odd: to the number nearer to 0, with its last bit set where anything was cut
/// off. So it is on the same side of every tie of `To` as before, and is rounded once all the same. Vectors
/// of F32 hold twice as many, and need no comparisons of 64 bits.
template <typename To>
struct NarrowOdd {
  using From = Wide<double>;
  static constexpr std::uint64_t kCutOff = (std::uint64_t{1} << (From::kMantissa - 23)) - 1;
  // Numbers that are no normal ones of F32 are rounded from F64 itself.
  static constexpr Limits<std::uint32_t> kNormal = {0x7f800000, 0x00800000, false};

  [[gnu::always_inline]] static void run(const double* values, std::size_t count, std::byte* out,
                                         CastCounts* counts) {
    std::array<float, kElementsAtOnce> floats;
    for (std::size_t i = 0; i < count; ++i) {
      const auto bits = std::bit_cast<std::uint64_t>(values[i]);
      const std::uint64_t odd = (bits | ((bits & kCutOff) + kCutOff)) & ~kCutOff;
      floats[i] = static_cast<float>(std::bit_cast<double>(odd));
    }
    const Extent<std::uint32_t> extent = extent_of(floats.data(), count);
    if (extent.is_kept(kNormal) && (extent.least != 0 || has_as_many_zeros(values, floats.data(), count))) {
      Narrow<To, float>::run_within(extent, floats.data(), count, out, counts);
    } else {
      Narrow<To, double>::run(values, count, out, counts);
    }
  }

  /// Whether what is 0 as F32 was 0 before.
  [[gnu::always_inline]] static bool has_as_many_zeros(const double* values, const float* floats,
                                                       std::size_t count) {
    std::uint64_t before = 0;
    std::uint32_t after = 0;
    for (std::size_t i = 0; i < count; ++i)
      before += above<std::uint64_t>(0, std::bit_cast<std::uint64_t>(values[i]) & ~From::kSign);
    for (std::size_t i = 0; i < count; ++i)
      after += above<std::uint32_t>(0, std::bit_cast<std::uint32_t>(floats[i]) & ~Wide<float>::kSign);
    return before == after;
  }
};

/// Between F32 and F64, or to the same type, as the processor rounds.
template <typename To, typename Number>
struct Convert {
  using From = Wide<Number>;
  // F64 that F32 does not hold: from half a step above its largest number on; up to half of its smallest.
  static constexpr Limits<typename From::Bits> kLimits =
      sizeof(To) < sizeof(Number)
          ? Limits<typename From::Bits>{std::bit_cast<typename From::Bits>(
                                            static_cast<Number>(0x1.ffffffp127)),
                                        std::bit_cast<typename From::Bits>(static_cast<Number>(0x1p-150)),
                                        false}
          : Limits<typename From::Bits>{From::kInfinity, 0, false};

  [[gnu::always_inline]] static void run(const Number* values, std::size_t count, std::byte* out,
                                         CastCounts* counts) {
    using Bits = typename Wide<To>::Bits;
    std::array<Bits, kElementsAtOnce> elements;
    for (std::size_t i = 0; i < count; ++i)
      elements[i] = detail::swap_on_big_endian(std::bit_cast<Bits>(static_cast<To>(values[i])));
    std::memcpy(out, elements.data(), count * sizeof(Bits));
    *counts = extent_of(values, count).is_kept(kLimits) ? CastCounts{} : counts_of(values, count, kLimits);
  }
};

template <typename Kernel, typename Number>
CastCounts narrowed(std::span<const Number> values, std::span<std::byte> out, std::size_t width) {
  CastCounts counts;
  for (std::size_t first = 0; first < values.size(); first += kElementsAtOnce) {
    const std::size_t count = std::min(kElementsAtOnce, values.size() - first);
    CastCounts found;
    vectorised<Kernel>(values.data() + first, count, out.data() + first * width, &found);
    counts.add(found);
  }
  return counts;
}

template <typename To, typename Number>
using Narrower = std::conditional_t<std::is_same_v<Number, double>, NarrowOdd<To>, Narrow<To, Number>>;

template <typename Number>
CastCounts narrow_from(FloatKind kind, std::span<const Number> values, std::span<std::byte> out) {
  const std::size_t width = width_of(kind);
  switch (kind) {
    case FloatKind::f64:
      return narrowed<Convert<double, Number>>(values, out, width);
    case FloatKind::f32:
      return narrowed<Convert<float, Number>>(values, out, width);
    case FloatKind::bf16:
      return narrowed<Narrower<Brain, Number>>(values, out, width);
    case FloatKind::f16:
      return narrowed<Narrower<Half, Number>>(values, out, width);
    case FloatKind::f8_e4m3:
      return narrowed<Narrower<E4m3, Number>>(values, out, width);
    case FloatKind::f8_e5m2:
      return narrowed<Narrower<E5m2, Number>>(values, out, width);
    default:
      break;
  }
  return {};
}

}  // namespace

CastCounts narrow(FloatKind kind, std::span<const float> values, std::span<std::byte> out) {
  return narrow_from(kind, values, out);
}

CastCounts narrow(FloatKind kind, std::span<const double> values, std::span<std::byte> out) {
  return narrow_from(kind, values, out);
}

}  // namespace aerotool
