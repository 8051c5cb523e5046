// Values whose integers and floats have no width, as zTensor's attributes have them, in the types that GGUF's
// writers use.
#pragma once

#include <optional>

#include "encoding/value.hpp"

namespace aerotool::gguf {

/// A number that is not negative and below 2^32 is u32, in an array i32 where all elements are; floats are
/// f32 where that is exact. Nothing for what GGUF has no type for: null, bytes, maps, arrays of several
/// types.
std::optional<Value> gguf_value(const Value& value);

/// Whether GGUF has the very type of a value.
bool has_gguf_type(const Value& value);

}  // namespace aerotool::gguf
