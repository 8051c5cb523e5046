// The dtypes that safetensors has, and the order that its library gives them.
#pragma once

#include <optional>

#include "model/dtype.hpp"

namespace aerotool::safetensors {

/// The rank of a dtype in the order of the reference library's enum (BOOL 0, F4 1, ... U64 20); nothing where
/// safetensors has no such dtype. Its name there is DType::name().
std::optional<unsigned> rank_of(const DType& dtype);

}  // namespace aerotool::safetensors
