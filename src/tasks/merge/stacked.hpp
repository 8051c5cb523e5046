// What has to say how many layers a model has, where they are others than those of the model that is carried.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// The text of a config.json whose num_hidden_layers is another number; all else keeps its bytes, and so does
/// a text that has none. Throws CorruptError where it is no JSON.
std::string with_layers(std::string_view config_json, std::uint64_t layers, const std::string& path);

/// Plans it in config.json among the side files, and in GGUF's block_count.
void plan_layer_count(std::uint64_t layers, Plan& plan);

}  // namespace aerotool::tasks
