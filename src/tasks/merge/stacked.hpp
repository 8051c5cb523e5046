// What has to say how many layers a model has, where they are others than those of the model that is carried.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tasks/listener.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// The text of a config.json whose num_hidden_layers, and that of its text_config, is another number; all
/// else keeps its bytes. Tells of a text that has none, and of one that is no plain number. Throws
/// CorruptError where the text is no JSON.
std::string with_layers(std::string_view config_json, std::uint64_t layers, const std::string& path,
                        const Listener& listener);

/// Plans it in config.json among the side files, and in GGUF's block_count.
void plan_layer_count(std::uint64_t layers, const Listener& listener, Plan& plan);

}  // namespace aerotool::tasks
