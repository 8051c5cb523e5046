// Sound quantized modules of every layout, to be changed into ones that are refused.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "quantized_fixture.hpp"

namespace aerotool::test::modules {

inline const std::string kGptq = quantization_said(R"("quant_method":"gptq","bits":4,"group_size":32)");
inline const std::string kAwq =
    quantization_said(R"("quant_method":"awq","bits":4,"group_size":32,"version":"gemm")");
inline const std::string kMxfp4 = quantization_said(R"("quant_method":"mxfp4")");
inline const std::string kModelOpt = quantization_said(R"("quant_method":"modelopt","quant_algo":"NVFP4")");
inline const std::string kNf4 = quantization_said(R"("quant_method":"bitsandbytes","load_in_4bit":true)");
inline const std::string kInt8 = quantization_said(R"("quant_method":"bitsandbytes","load_in_8bit":true)");

inline std::string compressed(const std::string& format, const std::string& weights) {
  return quantization_said(R"("quant_method":"compressed-tensors","format":")" + format +
                           R"(","config_groups":{"g":{"weights":{)" + weights + "}}}");
}

inline const std::string kPacked =
    compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"group","group_size":16)");

/// A sound module of each layout, to be changed.
inline QuantizedModel& fp8(QuantizedModel& model) {
  return model.add("m.weight", "F8_E4M3", {130, 129}).add("m.weight_scale_inv", "F32", {2, 2});
}
inline QuantizedModel& fp8_row(QuantizedModel& model) {
  return model.add("m.weight", "F8_E4M3", {4, 8}).add("m.weight_scale", "F32", {4, 1});
}
inline QuantizedModel& gptq(QuantizedModel& model) {
  return model.add("m.qweight", "I32", {8, 16})
      .add("m.qzeros", "I32", {2, 2})
      .add("m.scales", "F16", {2, 16})
      .add("m.g_idx", "I32", {64});
}
inline QuantizedModel& awq(QuantizedModel& model) {
  return model.add("m.qweight", "I32", {64, 2})
      .add("m.qzeros", "I32", {2, 2})
      .add("m.scales", "F16", {2, 16});
}
inline QuantizedModel& nvfp4(QuantizedModel& model) {
  return model.add("m.weight", "U8", {4, 16})
      .add("m.weight_scale", "F8_E4M3", {4, 2})
      .add("m.weight_scale_2", "F32", {});
}
inline QuantizedModel& packed_int(QuantizedModel& model) {
  return model.add("m.weight_packed", "I32", {4, 4})
      .add("m.weight_scale", "BF16", {4, 2})
      .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{4, 32}));
}
inline QuantizedModel& blocks(QuantizedModel& model) {
  return model.add("m_blocks", "U8", {2, 4, 3, 16}).add("m_scales", "U8", {2, 4, 3});
}
inline QuantizedModel& nf4(QuantizedModel& model,
                           std::string state = R"({"quant_type":"nf4","blocksize":64,"shape":[8,16]})") {
  const std::size_t size = state.size();
  return model.add("m.weight", "U8", {64, 1})
      .add("m.weight.absmax", "F32", {2})
      .add("m.weight.quant_map", "F32", {16})
      .add("m.weight.quant_state.bitsandbytes__nf4", "U8", {size}, std::move(state));
}
inline QuantizedModel& scb(QuantizedModel& model) {
  return model.add("m.weight", "I8", {4, 8}).add("m.SCB", "F32", {4});
}

using Make = std::function<QuantizedModel&(QuantizedModel&)>;

inline std::string error_of(const Make& make, const std::string& config, const std::string& model_opt = {}) {
  QuantizedModel model;
  return quantized_error(make(model), config, model_opt);
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace aerotool::test::modules
