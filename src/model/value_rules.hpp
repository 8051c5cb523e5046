// NaN, infinities and zeros in the bytes of a tensor: for every dtype that holds floats, and for the scales
// that quantized blocks store.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "model/dtype.hpp"
#include "model/value_findings.hpp"

namespace aerotool {

/// How the values of a dtype are looked at.
struct ValueRule {
  std::size_t unit_bytes = 0;  ///< at most kMaxUnitBytes
  bool blocks = false;         ///< a unit is a block, not an element
  /// Adds what `bytes`, whole units, hold; `first` is the number of the first unit.
  void (*count)(ByteSpan bytes, std::uint64_t first, ValueCounts& counts) = nullptr;

  static constexpr std::size_t kMaxUnitBytes = 512;
};

/// Null where a dtype holds no floats: integers, booleans, and packed types whose layout is not known.
const ValueRule* value_rule(const DType& dtype);

}  // namespace aerotool
