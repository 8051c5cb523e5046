// A run of shards of a layout, as a layout of its own: what one file of a set holds.
#pragma once

#include <span>

#include "transfer/tensor_layout.hpp"

namespace aerotool {

/// The shards [first, first + count) of a layout, with their tensors.
TensorLayout part_layout(const TensorLayout& layout, std::size_t first, std::size_t count);

/// The tensors in them.
std::span<const PlannedTensor> part_tensors(const TensorLayout& layout, std::size_t first, std::size_t count);

}  // namespace aerotool
