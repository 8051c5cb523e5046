// Which shard each tensor of a plan goes to and where in it (src/formats/aero/FORMAT.md, "Sharding").
#pragma once

#include "transfer/tensor_layout.hpp"

namespace aerotool::aero {

/// Of each tensor in its shard, unless asked otherwise.
inline constexpr std::uint64_t kDefaultTensorAlign = 16;

/// Throws UnsupportedError where a tensor cannot stand in an AERO file.
TensorLayout lay_out_tensors(const Plan& plan);

}  // namespace aerotool::aero
