// Objects of several tensors, in words and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cli/json_out.hpp"
#include "model/model.hpp"

namespace aerotool::cli {

/// Bytes of all parts, decoded.
std::uint64_t size_of(const Object& object, const Model& model);

/// Values that a sparse object stores; nothing where it is none.
std::optional<std::uint64_t> stored_values(const Object& object, const Model& model);

/// "zt.sparse_csr/1 [4096, 4096], 1,024 values, 3 parts"
std::string text_of(const Object& object, const Model& model);

/// The members of an object that stands for one of a model's; its attributes, too.
void add_object_members(const Object& object, const Model& model, JsonOut& json);

}  // namespace aerotool::cli
