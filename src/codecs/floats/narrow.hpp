// F32 and F64 rounded to the floating-point types of tensors: once, to the nearest, ties to even.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/floats/float_kind.hpp"

namespace aerotool {

/// What became of numbers that a type cannot hold.
struct CastCounts {
  std::uint64_t clipped = 0;  ///< too large: an infinity or, where the type has none, its largest number
  std::uint64_t flushed = 0;  ///< not zero, and too small: zero
  std::uint64_t nan = 0;      ///< were NaN before

  void add(const CastCounts& more) {
    clipped += more.clipped;
    flushed += more.flushed;
    nan += more.nan;
  }
  bool any() const { return clipped != 0 || flushed != 0 || nan != 0; }
};

/// Fills `out`, as many elements as `values` has, with what they round to in a kind that is_written().
/// Subnormal numbers and -0 are kept. Numbers past the largest one become infinities; in F8_E4M3, which has
/// none, all of them and infinities become 448. A NaN keeps its sign and the first bits of its payload, and
/// becomes quiet where the type changes.
CastCounts narrow(FloatKind kind, std::span<const float> values, std::span<std::byte> out);
CastCounts narrow(FloatKind kind, std::span<const double> values, std::span<std::byte> out);

}  // namespace aerotool
