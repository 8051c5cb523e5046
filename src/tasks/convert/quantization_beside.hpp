// What lies beside a model and says how its weights are quantized: read for decoding them, and taken out of
// what lies beside decoded ones.
#pragma once

#include <vector>

#include "model/model.hpp"
#include "model/quantization_config.hpp"

namespace aerotool::tasks {

/// Of config.json and hf_quant_config.json, among the model's side files or else beside its file on this
/// machine. Throws CorruptError where one is no JSON, and IoError where one cannot be read.
QuantizationConfig quantization_beside(const Model& model);

/// For weights that are decoded: config.json without what it says of quantization, and no
/// hf_quant_config.json.
void drop_quantization(std::vector<SideFile>& files);

}  // namespace aerotool::tasks
