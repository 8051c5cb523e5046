// ggml's types (codecs/ggml) as dtypes.
#pragma once

#include <cstdint>
#include <optional>

#include "model/dtype.hpp"

namespace aerotool {

/// The type of an id whose blocks are known: F32, I8, ... are dtypes of their own, all others packed.
std::optional<DType> ggml_dtype(std::uint32_t id);
/// The ggml id of a dtype; nothing where ggml has none.
std::optional<std::uint32_t> ggml_id(const DType& dtype);

/// Whether GGUF defines the id today.
bool is_gguf_type(std::uint32_t id);

/// A type whose blocks are not known, or not as large as a tensor of it shows. Its tensors are taken to reach
/// to the next one, which proves nothing: they can be looked at, but not passed on.
PackedType unmeasured_ggml_type(std::uint32_t id);
bool is_unmeasured(const DType& dtype);

}  // namespace aerotool
