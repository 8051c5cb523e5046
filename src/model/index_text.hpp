// The index of a model's safetensors files, as its library writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/index_metadata.hpp"

namespace aerotool {

/// Tensors, each with the file that it lies in; in any order.
using WeightMap = std::vector<std::pair<std::string_view, std::string_view>>;

/// As Python's json.dumps(indent=2, sort_keys=True) writes it, and a newline. `total` is the size of all
/// tensors.
std::string index_text(IndexMetadata metadata, std::uint64_t total, WeightMap files);

}  // namespace aerotool
