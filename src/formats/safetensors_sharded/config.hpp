// The config.json that lies beside the index in a model's directory.
#pragma once

#include <string>

#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::safetensors_sharded {

/// The "model_type" of the config.json beside `index`; empty where there is none. A config.json that cannot
/// be read is worth a warning and no more: the model does without.
std::string model_type_beside(const io::Input& index, Report& report);

}  // namespace aerotool::safetensors_sharded
