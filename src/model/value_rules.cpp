#include "model/value_rules.hpp"
#include "codecs/ggml/types.hpp"
#include "codecs/small_types.hpp"

#include <array>
#include <string_view>
#include <type_traits>

namespace aerotool {
namespace {

enum class Kind { finite, infinite, nan };

/// A number's bits in each lane of a word.
template <typename Bits>
constexpr std::uint64_t lanes(Bits bits) {
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < 64; at += 8 * sizeof(Bits)) word |= std::uint64_t{bits} << at;
  return word;
}

template <typename Bits>
inline constexpr Bits kTopBit = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));

/// A float whose NaNs and infinities are the patterns with all bits of `Special` set: its exponent.
template <typename BitsOf, BitsOf Special>
struct Ieee {
  using Bits = BitsOf;
  static constexpr Bits kMagnitude = static_cast<Bits>(~kTopBit<Bits>);
  static constexpr Bits kLowest = static_cast<Bits>(Special & (~std::uint64_t{Special} + 1));
  /// The top bit of each lane that is special; adding carries into it from an exponent of ones alone.
  static std::uint64_t special_lanes(std::uint64_t word) {
    return (word & lanes<Bits>(Special)) + lanes<Bits>(kLowest);
  }
  static Kind kind(Bits bits) {
    if ((bits & Special) != Special) return Kind::finite;
    return (bits & kMagnitude) == Special ? Kind::infinite : Kind::nan;
  }
};

/// One with seven bits beside the sign, whose NaN has all of them set, and without infinities.
struct F8E4M3 {
  using Bits = std::uint8_t;
  static constexpr Bits kMagnitude = 0x7f;
  static std::uint64_t special_lanes(std::uint64_t word) {
    return (word & lanes<Bits>(kMagnitude)) + lanes<Bits>(1);
  }
  static Kind kind(Bits bits) { return (bits & kMagnitude) == kMagnitude ? Kind::nan : Kind::finite; }
};

/// One pattern is NaN, and there are no infinities.
template <std::uint8_t Nan>
struct OneNan {
  using Bits = std::uint8_t;
  static constexpr Bits kMagnitude = 0xff;
  static std::uint64_t special_lanes(std::uint64_t word) {
    constexpr std::uint64_t kLow = lanes<Bits>(0x7f);
    const std::uint64_t other = word ^ lanes<Bits>(Nan);  // 0 in a lane that is NaN
    return ~(((other & kLow) + kLow) | other);
  }
  static Kind kind(Bits bits) { return bits == Nan ? Kind::nan : Kind::finite; }
};

/// Numbers of less than a byte, which are all finite; only zeros are looked for.
template <std::uint8_t MagnitudeOf>
struct AllFinite {
  using Bits = std::uint8_t;
  static constexpr Bits kMagnitude = MagnitudeOf;
  static std::uint64_t special_lanes(std::uint64_t) { return 0; }
  static Kind kind(Bits) { return Kind::finite; }
};

// The patterns: IEEE 754, and OCP's MX specification for those of a byte and less; "fnuz" is of LLVM's names.
using F16 = Ieee<std::uint16_t, 0x7c00>;
using BF16 = Ieee<std::uint16_t, 0x7f80>;
using F32 = Ieee<std::uint32_t, 0x7f800000>;
using F64 = Ieee<std::uint64_t, 0x7ff0000000000000>;
using F8E5M2 = Ieee<std::uint8_t, 0x7c>;
using F8Fnuz = OneNan<0x80>;
using F8E8M0 = OneNan<0xff>;
using F4 = AllFinite<0x77>;  // two numbers a byte
using F6 = AllFinite<0xff>;

/// Whether a number is zero in any of its bits that count. The smallest power of two is none.
template <typename Format>
constexpr bool kHasZero = !std::is_same_v<Format, F8E8M0>;

/// So many bytes are first looked at all together, without a branch, and one by one only where one of
/// their numbers is not finite.
constexpr std::size_t kRunBytes = 4096;

template <typename Format, std::size_t Parts>
void count_each(ByteSpan bytes, std::uint64_t first, ValueCounts& counts) {
  using Bits = typename Format::Bits;
  constexpr std::size_t kUnit = sizeof(Bits) * Parts;
  for (std::size_t at = 0; at < bytes.size(); at += kUnit) {
    Kind worst = Kind::finite;
    for (std::size_t part = 0; part < Parts; ++part)
      worst = std::max(worst, Format::kind(load_le<Bits>(bytes, at + part * sizeof(Bits))));
    if (worst == Kind::nan) counts.add_nan(first + at / kUnit);
    if (worst == Kind::infinite) counts.add_infinite(first + at / kUnit);
  }
}

template <typename Format, std::size_t Parts = 1>
void count_elements(ByteSpan bytes, std::uint64_t first, ValueCounts& counts) {
  using Bits = typename Format::Bits;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if constexpr (!kHasZero<Format>) counts.all_zero = false;
  while (!bytes.empty()) {
    const ByteSpan run = bytes.first(std::min(kRunBytes, bytes.size()));
    const std::size_t words = run.size() / kWord;
    std::uint64_t special = 0;
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < words; ++i) {
      const auto word = load_le<std::uint64_t>(run, i * kWord);
      special |= Format::special_lanes(word);
      any |= word;
    }
    // What is left of the last run, with zeros behind it.
    if (words * kWord < run.size()) {
      std::array<std::byte, kWord> rest{};
      std::copy(run.begin() + static_cast<std::ptrdiff_t>(words * kWord), run.end(), rest.begin());
      const auto word = load_le<std::uint64_t>(rest);
      special |= Format::special_lanes(word);
      any |= word;
    }
    if ((any & lanes<Bits>(Format::kMagnitude)) != 0) counts.all_zero = false;
    if ((special & lanes<Bits>(kTopBit<Bits>)) != 0) count_each<Format, Parts>(run, first, counts);
    first += run.size() / (sizeof(Bits) * Parts);
    bytes = bytes.subspan(run.size());
  }
}

template <typename Format, std::size_t Parts = 1>
constexpr ValueRule elements() {
  return {sizeof(typename Format::Bits) * Parts, false, count_elements<Format, Parts>};
}

// ---- blocks

template <typename Format>
struct Scale {
  static void look(ByteSpan bytes, std::size_t offset, Kind& worst, bool& zero) {
    const auto bits = load_le<typename Format::Bits>(bytes, offset);
    worst = std::max(worst, Format::kind(bits));
    zero = zero && kHasZero<Format> && (bits & Format::kMagnitude) == 0;
  }
};

/// A scale of type `Format` at each of the offsets.
template <typename Format, std::size_t... Offsets>
struct Scales {
  static void look(ByteSpan block, Kind& worst, bool& zero) {
    (Scale<Format>::look(block, Offsets, worst, zero), ...);
  }
};

/// IQ1_M's F16 in the highest four bits of each of the last four u16.
struct ScaleOfIq1M {
  static void look(ByteSpan block, Kind& worst, bool& zero) {
    constexpr std::size_t kAt = 48;
    std::array<std::byte, 2> whole{};
    unsigned bits = 0;
    for (unsigned i = 0; i < 4; ++i)
      bits |= unsigned{load_le<std::uint16_t>(block, kAt + std::size_t{2} * i)} >> 12 << (4 * i);
    store_le(std::span<std::byte>(whole), 0, static_cast<std::uint16_t>(bits));
    Scale<F16>::look(whole, 0, worst, zero);
  }
};

/// Scales, and codes of four bits behind them, of which 0 and 8 mean zero.
template <typename ScalesOf, std::size_t CodesAt>
struct WithCodes {
  static void look(ByteSpan block, Kind& worst, bool& zero) {
    const bool asked = zero;
    ScalesOf::look(block, worst, zero);
    if (!asked || zero) return;
    unsigned any = 0;
    for (std::size_t i = CodesAt; i < block.size(); ++i) any |= static_cast<unsigned>(block[i]) & 0x77U;
    zero = any == 0;
  }
};

template <std::size_t Bytes, typename ScalesOf>
void count_blocks(ByteSpan bytes, std::uint64_t first, ValueCounts& counts) {
  for (std::size_t at = 0; at < bytes.size(); at += Bytes, ++first) {
    Kind worst = Kind::finite;
    // Once something is not zero, nothing has to be looked at for that.
    bool zero = counts.all_zero;
    ScalesOf::look(bytes.subspan(at, Bytes), worst, zero);
    counts.all_zero = zero;
    if (worst == Kind::nan) counts.add_nan(first);
    if (worst == Kind::infinite) counts.add_infinite(first);
  }
}

template <std::size_t Bytes, typename ScalesOf>
constexpr ValueRule blocks() {
  static_assert(Bytes <= ValueRule::kMaxUnitBytes);
  return {Bytes, true, count_blocks<Bytes, ScalesOf>};
}

struct NamedRule {
  std::string_view name;
  ValueRule rule;
};

// Where the scales stand: ggml's ggml-common.h (MIT). ggml reads MXFP4's scale 0xff as 2^128 and NVFP4's 0x7f
// as 0; to OCP, which defines both, they are NaN.
constexpr std::array kGgml = {
    NamedRule{"Q4_0", blocks<18, Scales<F16, 0>>()},
    NamedRule{"Q4_1", blocks<20, Scales<F16, 0, 2>>()},
    NamedRule{"Q5_0", blocks<22, Scales<F16, 0>>()},
    NamedRule{"Q5_1", blocks<24, Scales<F16, 0, 2>>()},
    NamedRule{"Q8_0", blocks<34, Scales<F16, 0>>()},
    NamedRule{"Q8_1", blocks<36, Scales<F16, 0, 2>>()},
    NamedRule{"Q2_K", blocks<84, Scales<F16, 80, 82>>()},
    NamedRule{"Q3_K", blocks<110, Scales<F16, 108>>()},
    NamedRule{"Q4_K", blocks<144, Scales<F16, 0, 2>>()},
    NamedRule{"Q5_K", blocks<176, Scales<F16, 0, 2>>()},
    NamedRule{"Q6_K", blocks<210, Scales<F16, 208>>()},
    NamedRule{"Q8_K", blocks<292, Scales<F32, 0>>()},
    NamedRule{"IQ2_XXS", blocks<66, Scales<F16, 0>>()},
    NamedRule{"IQ2_XS", blocks<74, Scales<F16, 0>>()},
    NamedRule{"IQ3_XXS", blocks<98, Scales<F16, 0>>()},
    NamedRule{"IQ1_S", blocks<50, Scales<F16, 0>>()},
    NamedRule{"IQ4_NL", blocks<18, Scales<F16, 0>>()},
    NamedRule{"IQ3_S", blocks<110, Scales<F16, 0>>()},
    NamedRule{"IQ2_S", blocks<82, Scales<F16, 0>>()},
    NamedRule{"IQ4_XS", blocks<136, Scales<F16, 0>>()},
    NamedRule{"IQ1_M", blocks<56, ScaleOfIq1M>()},
    NamedRule{"TQ1_0", blocks<54, Scales<F16, 52>>()},
    NamedRule{"TQ2_0", blocks<66, Scales<F16, 64>>()},
    NamedRule{"MXFP4", blocks<17, WithCodes<Scales<F8E8M0, 0>, 1>>()},
    NamedRule{"NVFP4", blocks<36, WithCodes<Scales<F8E4M3, 0, 1, 2, 3>, 4>>()},
    NamedRule{"Q1_0", blocks<18, Scales<F16, 0>>()},
    NamedRule{"Q2_0", blocks<18, Scales<F16, 0>>()},
};

constexpr std::array kSafetensors = {
    NamedRule{"F4", elements<F4>()},
    NamedRule{"F6_E2M3", elements<F6>()},
    NamedRule{"F6_E3M2", elements<F6>()},
    NamedRule{"F8_E5M2", elements<F8E5M2>()},
    NamedRule{"F8_E4M3", elements<F8E4M3>()},
    NamedRule{"F8_E8M0", elements<F8E8M0>()},
    NamedRule{"F8_E4M3FNUZ", elements<F8Fnuz>()},
    NamedRule{"F8_E5M2FNUZ", elements<F8Fnuz>()},
    NamedRule{"C64", elements<F32, 2>()},
    NamedRule{"C128", elements<F64, 2>()},
};

template <std::size_t Count>
const ValueRule* rule_named(const std::array<NamedRule, Count>& rules, const PackedType& type) {
  for (const NamedRule& known : rules) {
    if (known.name != type.name) continue;
    // A file may give a type of its own the name of one that is known.
    return known.rule.blocks && known.rule.unit_bytes != type.block_bytes ? nullptr : &known.rule;
  }
  return nullptr;
}

}  // namespace

const ValueRule* value_rule(const DType& dtype) {
  static constexpr ValueRule kF16 = elements<F16>();
  static constexpr ValueRule kBf16 = elements<BF16>();
  static constexpr ValueRule kF32 = elements<F32>();
  static constexpr ValueRule kF64 = elements<F64>();
  switch (dtype.code()) {
    case DTypeCode::f16:
      return &kF16;
    case DTypeCode::bf16:
      return &kBf16;
    case DTypeCode::f32:
      return &kF32;
    case DTypeCode::f64:
      return &kF64;
    case DTypeCode::packed:
      break;
    default:
      return nullptr;
  }
  if (dtype.packed().codec == ggml::kCodec) return rule_named(kGgml, dtype.packed());
  if (dtype.packed().codec == small_types::kCodec) return rule_named(kSafetensors, dtype.packed());
  return nullptr;
}

}  // namespace aerotool
