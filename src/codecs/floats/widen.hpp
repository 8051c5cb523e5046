// Elements of floating-point types as F32 and F64, which hold every one of them exactly.
#pragma once

#include <span>

#include "codecs/floats/float_kind.hpp"
#include "core/bytes.hpp"

namespace aerotool {

/// Fills `out` with the elements that `bytes` begin with; of any kind but F64. A NaN keeps its sign and
/// becomes quiet where the type changes.
void widen(FloatKind kind, ByteSpan bytes, std::span<float> out);
/// Of any kind.
void widen(FloatKind kind, ByteSpan bytes, std::span<double> out);

}  // namespace aerotool
