// The layers of a model, found in the names of its tensors: "model.layers.12.mlp.up_proj.weight",
// "blk.12.ffn_up.weight".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/model.hpp"

namespace aerotool::tasks {

/// The first number that stands between two dots of a name; nothing where there is none.
std::optional<std::uint64_t> layer_of(const std::string& name);

/// The name with that number instead. Only of a name that has one.
std::string in_layer(const std::string& name, std::uint64_t layer);

/// One more than the highest; 0 where no tensor is in one.
std::uint64_t layer_count(const Model& model);

/// Where a layer lies among so many: 0 is the first, 1 the last.
double depth_of(std::uint64_t layer, std::uint64_t layers);

/// Whether a tensor outside of the layers comes before them (embeddings), not after (norm, head).
bool is_before_layers(const std::string& name);

}  // namespace aerotool::tasks
