// ggml's types by their ids: those that GGUF defines, those that were removed from it, and those of forks,
// which use the same files with ids of their own. What GGUF does not define is called by its number
// ("type 139"): the same id may mean something else to another fork.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

/// Of an id that GGUF does not define: "type 139 (IQ4_K of ik_llama.cpp)".
std::string ggml_type_label(std::uint32_t id);
/// Why it is none of GGUF's, and what helps: "ggml type 31 (Q4_0_4_4) was removed from GGUF; make the file
/// again as Q4_0".
std::string ggml_type_problem(std::uint32_t id);

}  // namespace aerotool
