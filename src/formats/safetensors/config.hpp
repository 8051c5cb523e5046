// The config.json that lies beside the weights in a model's directory.
#pragma once

#include <string>

#include "io/input.hpp"
#include "model/quantization.hpp"
#include "model/report.hpp"

namespace aerotool::safetensors {

struct Config {
  std::string model_type;
  Quantization quantization;
};

/// The config.json beside `weights`, an index or a file; empty where there is none. One that cannot be read
/// is worth a warning and no more: the model does without.
Config config_beside(const io::Input& weights, Report& report);

}  // namespace aerotool::safetensors
