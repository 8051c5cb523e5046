// The floating-point types (codecs/floats) as dtypes.
#pragma once

#include <optional>

#include "codecs/floats/float_kind.hpp"
#include "model/dtype.hpp"

namespace aerotool {

/// Nothing for dtypes whose elements are not floats, or not numbers of their own.
std::optional<FloatKind> float_kind(const DType& dtype);
DType dtype_of(FloatKind kind);

}  // namespace aerotool
