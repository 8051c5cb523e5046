// What looks quantized and is doubtful: each rule that refuses it, by name.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "model/quantized_modules.hpp"
#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

const std::string kGptq = quantization_said(R"("quant_method":"gptq","bits":4,"group_size":32)");
const std::string kAwq =
    quantization_said(R"("quant_method":"awq","bits":4,"group_size":32,"version":"gemm")");
const std::string kMxfp4 = quantization_said(R"("quant_method":"mxfp4")");
const std::string kModelOpt = quantization_said(R"("quant_method":"modelopt","quant_algo":"NVFP4")");
const std::string kNf4 = quantization_said(R"("quant_method":"bitsandbytes","load_in_4bit":true)");
const std::string kInt8 = quantization_said(R"("quant_method":"bitsandbytes","load_in_8bit":true)");

std::string compressed(const std::string& format, const std::string& weights) {
  return quantization_said(R"("quant_method":"compressed-tensors","format":")" + format +
                           R"(","config_groups":{"g":{"weights":{)" + weights + "}}}");
}

const std::string kPacked =
    compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"group","group_size":16)");

/// A sound module of each layout, to be changed.
QuantizedModel& fp8(QuantizedModel& model) {
  return model.add("m.weight", "F8_E4M3", {130, 129}).add("m.weight_scale_inv", "F32", {2, 2});
}
QuantizedModel& fp8_row(QuantizedModel& model) {
  return model.add("m.weight", "F8_E4M3", {4, 8}).add("m.weight_scale", "F32", {4, 1});
}
QuantizedModel& gptq(QuantizedModel& model) {
  return model.add("m.qweight", "I32", {8, 16})
      .add("m.qzeros", "I32", {2, 2})
      .add("m.scales", "F16", {2, 16})
      .add("m.g_idx", "I32", {64});
}
QuantizedModel& awq(QuantizedModel& model) {
  return model.add("m.qweight", "I32", {64, 2})
      .add("m.qzeros", "I32", {2, 2})
      .add("m.scales", "F16", {2, 16});
}
QuantizedModel& nvfp4(QuantizedModel& model) {
  return model.add("m.weight", "U8", {4, 16})
      .add("m.weight_scale", "F8_E4M3", {4, 2})
      .add("m.weight_scale_2", "F32", {});
}
QuantizedModel& packed_int(QuantizedModel& model) {
  return model.add("m.weight_packed", "I32", {4, 4})
      .add("m.weight_scale", "BF16", {4, 2})
      .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{4, 32}));
}
QuantizedModel& blocks(QuantizedModel& model) {
  return model.add("m_blocks", "U8", {2, 4, 3, 16}).add("m_scales", "U8", {2, 4, 3});
}
QuantizedModel& nf4(QuantizedModel& model,
                    std::string state = R"({"quant_type":"nf4","blocksize":64,"shape":[8,16]})") {
  const std::size_t size = state.size();
  return model.add("m.weight", "U8", {64, 1})
      .add("m.weight.absmax", "F32", {2})
      .add("m.weight.quant_map", "F32", {16})
      .add("m.weight.quant_state.bitsandbytes__nf4", "U8", {size}, std::move(state));
}
QuantizedModel& scb(QuantizedModel& model) {
  return model.add("m.weight", "I8", {4, 8}).add("m.SCB", "F32", {4});
}

using Make = std::function<QuantizedModel&(QuantizedModel&)>;

std::string error_of(const Make& make, const std::string& config, const std::string& model_opt = {}) {
  QuantizedModel model;
  return quantized_error(make(model), config, model_opt);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("quantized refusals: the modules that the others change are sound") {
  CHECK(error_of(fp8, kFp8Config) == "no error");
  CHECK(error_of(fp8_row, compressed("float-quantized",
                                     R"("num_bits":8,"type":"float","strategy":"channel")")) == "no error");
  CHECK(error_of(gptq, kGptq) == "no error");
  CHECK(error_of(awq, kAwq) == "no error");
  CHECK(error_of(nvfp4, kModelOpt) == "no error");
  CHECK(error_of(packed_int, kPacked) == "no error");
  CHECK(error_of(blocks, kMxfp4) == "no error");
  CHECK(error_of(
            [](auto& model) -> auto& { return nf4(model); }, kNf4) == "no error");
  CHECK(error_of(scb, kInt8) == "no error");
}

TEST_CASE("quantized refusals: nothing confirms what the tensors look like") {
  CHECK(error_of(fp8, "") ==
        "tensor 'm.weight': looks like FP8 block, but no config.json beside it says how it is quantized");
  CHECK(error_of(fp8_row, "{}") ==
        "tensor 'm.weight': looks like FP8, but no config.json beside it says how it is quantized");
  CHECK(error_of(gptq, "") ==
        "tensor 'm.qweight': looks like GPTQ or AWQ, but no config.json beside it says how it is quantized");
  CHECK(has(error_of(nvfp4, ""), "'m.weight': looks like NVFP4, but no config.json"));
  CHECK(has(error_of(packed_int, ""), "'m.weight_packed': looks like packed integers, but no config.json"));
  CHECK(has(error_of(blocks, ""), "'m_blocks': looks like MXFP4, but no config.json"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return nf4(model); }, ""),
            "looks like bitsandbytes' 4 bits, but no"));
  CHECK(has(error_of(scb, ""), "looks like bitsandbytes' 8 bits, but no config.json"));
}

TEST_CASE("quantized refusals: another method") {
  CHECK(error_of(fp8, kGptq) ==
        "tensor 'm.weight': looks like FP8 block, but config.json says that the method is 'gptq'");
  CHECK(has(error_of(gptq, kFp8Config), "config.json says that the method is 'fp8'"));
  CHECK(has(error_of(gptq, quantization_said(R"("quant_method":"auto-round\n","bits":4)")),
            "the method is 'auto-round\\n'"));
  CHECK(has(error_of(awq, kGptq), "tensor 'm.qweight': has the shape [64, 2], not the [64, 16]"));
  CHECK(has(error_of(gptq, kAwq), "tensor 'm.g_idx': is not known beside codes like these"));
  CHECK(has(error_of(nvfp4, kFp8Config), "the method is 'fp8'"));
  CHECK(has(error_of(packed_int, kFp8Config), "the method is 'fp8'"));
  CHECK(has(error_of(blocks, kFp8Config), "the method is 'fp8'"));
  CHECK(has(error_of(scb, kFp8Config), "the method is 'fp8'"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return nf4(model); }, kFp8Config),
            "the method is 'fp8'"));
  CHECK(has(error_of(fp8, "", R"({"quantization":{"quant_algo":"FP8"}})"),
            "hf_quant_config.json says that the method is 'modelopt'"));
}

TEST_CASE("quantized refusals: FP8") {
  CHECK(error_of(fp8, quantization_said(R"("quant_method":"fp8")")) ==
        "tensor 'm.weight': config.json says no weight_block_size");
  CHECK(has(error_of(fp8, quantization_said(R"("quant_method":"fp8","weight_block_size":[128,0])")),
            "that is no two numbers"));
  CHECK(has(error_of(fp8, quantization_said(R"("quant_method":"fp8","weight_block_size":[128])")),
            "that is no two numbers"));
  CHECK(has(error_of(fp8, quantization_said(R"("quant_method":"fp8","weight_block_size":"128")")),
            "that is no two numbers"));
  CHECK(has(
      error_of(fp8, quantization_said(R"("quant_method":"fp8","weight_block_size":[128,128],"fmt":"e5m2")")),
      "another fmt than e4m3"));
  CHECK(error_of(fp8, quantization_said(R"("quant_method":"fp8","weight_block_size":[64,128])")) ==
        "tensor 'm.weight_scale_inv': has the shape [2, 2], not the [3, 2] that its codes ask for");
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return fp8(model).reshape("m.weight", "F8_E5M2", {130, 129});
                },
                kFp8Config),
            "'m.weight': has the dtype F8_E5M2, not F8_E4M3"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return fp8(model).reshape("m.weight_scale_inv", "F64", {2, 2});
                },
                kFp8Config),
            "'m.weight_scale_inv': has the dtype F64, not F32 or BF16"));
  CHECK(has(
      error_of(
          [](auto& model) -> auto& { return fp8(model).reshape("m.weight", "F8_E4M3", {130}); }, kFp8Config),
      "'m.weight': has scales, but not two dimensions"));
  CHECK(
      has(error_of(
              [](auto& model) -> auto& { return fp8(model).add("m.weight_scale", "F32", {1}); }, kFp8Config),
          "'m.weight_scale': is for the same purpose as another tensor of its module"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return fp8(model).add("m.qzeros", "I32", {1}); }, kFp8Config),
            "'m.qzeros': is not known beside codes like these"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return fp8(model).reshape("m.weight_scale_inv", "U8", {130, 4});
                },
                kFp8Config),
            "has the shape [130, 4], not the [2, 2]"));
  CHECK(has(error_of(fp8_row, quantization_said(R"("quant_method":"fp8")")),
            "'m.weight_scale': has the shape [4, 1], not one number"));
  CHECK(has(error_of(fp8_row, quantization_said(R"("quant_method":"mxfp8")")),
            "has scales that are no exponents"));
  CHECK(has(error_of(fp8_row, quantization_said(R"("quant_method":"modelopt","quant_algo":"FP8")")),
            "not one number"));
  CHECK(has(error_of(fp8_row, kModelOpt), "another quant_algo than FP8"));
}

TEST_CASE("quantized refusals: scales of a layout that is not known, and none at all") {
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {4, 8}).add("m.scale_weight", "F32", {});
                },
                kFp8Config),
            "'m.scale_weight': is a scale of a layout that is not known"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.gate_up_proj", "F8_E4M3", {2, 4, 8})
                      .add("m.gate_up_proj_scale_inv", "F32", {2, 1, 1});
                },
                kFp8Config),
            "'m.gate_up_proj': has a scale beside it in a layout that is not known"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {4, 8});
                },
                kFp8Config),
            "'m.weight': holds 8-bit floats without a scale, though config.json says that 'fp8' quantized "
            "the model"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return fp8(model).add("x.weight", "BF16", {4, 8}).add("x.weight_scale_inv", "F32", {1, 1});
                },
                kFp8Config),
            "'x.weight_scale_inv': belongs to a quantized weight whose codes are not there"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.qzeros", "I32", {4, 8});
                },
                ""),
            "'m.qzeros': belongs to a quantized weight whose codes are not there"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "U32", {4, 8})
                      .add("m.scales", "F16", {4, 1})
                      .add("m.biases", "F16", {4, 1});
                },
                quantization_said(R"("quant_method":"mlx")")),
            "'m.weight': is quantized as MLX does, which is not decoded"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "U8", {4, 8}).add("m.weight_scale", "U8", {4, 1});
                },
                kModelOpt),
            "'m.weight': is quantized in a way that is not known"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight_packed", "I32", {4, 8});
                },
                kPacked),
            "'m.weight_packed': has no scales beside it"));
}

TEST_CASE("quantized refusals: a name that is there already") {
  CHECK(has(error_of(
                [](auto& model) -> auto& { return blocks(model).add("m", "F32", {1}); }, kMxfp4),
            "'m_blocks': would become 'm', which is there already"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return gptq(model).add("m.weight", "BF16", {1}); }, kGptq),
            "'m.qweight': would become 'm.weight', which is there already"));
}

TEST_CASE("quantized refusals: schemes of compressed-tensors") {
  const std::string channel = R"("num_bits":8,"type":"float","strategy":"channel")";
  CHECK(has(error_of(fp8_row,
                     quantization_said(R"("quant_method":"compressed-tensors","format":"float-quantized")")),
            "nothing of config_groups"));
  CHECK(has(
      error_of(fp8_row, quantization_said(R"("quant_method":"compressed-tensors","config_groups":{"g":{}})")),
      "nothing of weights"));
  CHECK(has(error_of(fp8_row, compressed("pack-quantized", channel)),
            "config.json says the format 'pack-quantized', not float-quantized"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":4,"type":"float","strategy":"channel")")),
      "weights of 4 bits"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"int","strategy":"channel")")),
      "of the type 'int'"));
  CHECK(has(error_of(fp8_row, compressed("float-quantized", channel + R"(,"symmetric":false)")),
            "not symmetric"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"tensor")")),
      "the strategy 'tensor', which scales of the shape [4, 1] do not fit"));
  CHECK(has(
      error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"block")")),
      "the strategy 'block' without the sizes it needs"));
  CHECK(
      has(error_of(fp8_row, compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"odd")")),
          "the strategy 'odd'"));
  // Scales of one row fit several strategies, which differ where there are more.
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {1, 8}).add("m.weight_scale", "F32", {1, 1});
                },
                quantization_said(
                    R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
                          "a":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}},
                          "b":{"weights":{"num_bits":8,"type":"float","strategy":"channel"}}})")),
            "fits several of the config_groups in config.json"));
  CHECK(has(error_of(fp8_row,
                     quantization_said(
                         R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
                          "a":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}},
                          "b":{"weights":{"num_bits":4,"type":"int","strategy":"channel"}}})")),
            "fits none of the config_groups in config.json, the first of which has the strategy 'tensor'"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight", "F8_E4M3", {1, 2, 8}).add("m.weight_scale", "F32", {1});
                },
                compressed("float-quantized", channel)),
            "more than two dimensions"));
}

TEST_CASE("quantized refusals: packed integers") {
  const std::string groups = R"("type":"int","strategy":"group","group_size":16)";
  CHECK(has(error_of(packed_int, compressed("int-quantized", R"("num_bits":4,)" + groups)),
            "not pack-quantized"));
  CHECK(has(error_of(packed_int, compressed("pack-quantized", R"("num_bits":3,)" + groups)),
            "weights of 3 bits"));
  CHECK(has(error_of(packed_int, compressed("pack-quantized", R"("num_bits":8,)" + groups)),
            "8 bits, but codes of the shape [4, 4]"));
  CHECK(has(error_of(packed_int,
                     compressed("pack-quantized", R"("num_bits":4,)" + groups + R"(,"symmetric":false)")),
            "there are no zero points"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "I32", {1, 2});
                },
                kPacked),
            "that they are symmetric, but there are zero points"));
  const std::string asymmetric =
      compressed("pack-quantized", R"("num_bits":4,)" + groups + R"(,"symmetric":false)");
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "I32", {2, 2});
                },
                asymmetric),
            "'m.weight_zero_point': has the shape [2, 2], not the [1, 2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return packed_int(model).add("m.weight_zero_point", "F32", {4, 2});
                },
                asymmetric),
            "'m.weight_zero_point': has the dtype F32, not I8 or I32"));
  CHECK(
      has(error_of(packed_int, compressed("pack-quantized",
                                          R"("num_bits":4,"type":"int","strategy":"group","group_size":8)")),
          "which scales of the shape [4, 2] do not fit"));
  CHECK(
      has(error_of(packed_int, compressed("pack-quantized",
                                          R"("num_bits":4,"type":"int","strategy":"group","group_size":0)")),
          "without the sizes it needs"));
  const auto shaped = [](std::int64_t rows, std::int64_t columns) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      return model.add("m.weight_packed", "I32", {4, 4})
          .add("m.weight_scale", "BF16", {4, 2})
          .add("m.weight_shape", "I64", {2}, packed(std::vector{rows, columns}));
    };
  };
  CHECK(has(error_of(shaped(4, -1), kPacked), "'m.weight_shape': holds no shape of a weight"));
  CHECK(has(error_of(shaped(4, 33), kPacked), "do not hold a weight of the shape [4, 33]"));
  CHECK(has(error_of(shaped(5, 32), kPacked), "do not hold a weight of the shape [5, 32]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.weight_packed", "I32", {4, 4}).add("m.weight_scale", "BF16", {4, 2});
                },
                kPacked),
            "has no weight_shape beside it"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return packed_int(model).reshape("m.weight_shape", "I64", {3}); },
                kPacked),
            "'m.weight_shape': has the shape [3], not the [2]"));
  const auto ordered = [](std::vector<std::int32_t> order) {
    return [order](QuantizedModel& model) -> QuantizedModel& {
      return packed_int(model).add("m.weight_g_idx", "I32", {order.size()}, packed(order));
    };
  };
  std::vector<std::int32_t> order(32, 1);
  CHECK(error_of(ordered(order), kPacked) == "no error");
  order[20] = 2;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group 2 of 2");
  order[20] = -1;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group -1 of 2");
  order[0] = -1;
  CHECK(error_of(ordered(order), kPacked) == "tensor 'm.weight_g_idx': names group -1 of 2");
  order.pop_back();
  CHECK(has(error_of(ordered(order), kPacked), "'m.weight_g_idx': has the shape [31], not the [32]"));
  const auto int8 = [](auto& model) -> auto& {
    return model.add("m.weight", "I8", {4, 8}).add("m.weight_scale", "F32", {4, 1});
  };
  CHECK(has(error_of(int8, compressed("int-quantized", R"("num_bits":4,"type":"int","strategy":"channel")")),
            "not integers of 8"));
  CHECK(has(error_of(int8, compressed("pack-quantized", R"("num_bits":8,"type":"int","strategy":"channel")")),
            "not int-quantized"));
}

TEST_CASE("quantized refusals: NVFP4 and gpt-oss") {
  CHECK(has(error_of(nvfp4, quantization_said(R"("quant_method":"modelopt","quant_algo":"FP8")")),
            "another quant_algo than NVFP4"));
  CHECK(has(error_of(nvfp4, quantization_said(R"("quant_method":"modelopt")")),
            "another quant_algo than NVFP4"));
  CHECK(has(
      error_of(nvfp4, quantization_said(R"("quant_method":"modelopt","quant_algo":"NVFP4","group_size":32)")),
      "config.json says group_size 32, but the tensors have 16"));
  CHECK(has(error_of(nvfp4, kModelOpt, R"({"quantization":{"quant_algo":"FP8"}})"),
            "another quant_algo than NVFP4"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return nvfp4(model).reshape("m.weight_scale", "F8_E4M3", {4, 1});
                },
                kModelOpt),
            "'m.weight_scale': has the shape [4, 1], not the [4, 2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return nvfp4(model).reshape("m.weight_scale", "F8_E5M2", {4, 2});
                },
                kModelOpt),
            "'m.weight_scale': has the dtype F8_E5M2, not F8_E4M3"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return nvfp4(model).reshape("m.weight_scale_2", "F32", {4}); },
                kModelOpt),
            "'m.weight_scale_2': has the shape [4], not one number"));
  const auto packed_fp4 = [](auto& model) -> auto& {
    return model.add("m.weight_packed", "U8", {4, 16})
        .add("m.weight_scale", "F8_E4M3", {4, 2})
        .add("m.weight_global_scale", "F32", {1});
  };
  const std::string nv = R"("num_bits":4,"type":"float","strategy":"tensor_group","group_size":)";
  CHECK(error_of(packed_fp4, compressed("nvfp4-pack-quantized", nv + "16")) == "no error");
  CHECK(
      has(error_of(packed_fp4, compressed("nvfp4-pack-quantized", nv + "32")), "a group_size of 32, not 16"));
  CHECK(has(error_of(packed_fp4, compressed("mxfp4-pack-quantized", nv + "16")), "not nvfp4-pack-quantized"));
  CHECK(has(error_of(packed_fp4,
                     compressed("nvfp4-pack-quantized", R"("num_bits":4,"type":"int","group_size":16)")),
            "of the type 'int'"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return blocks(model).reshape("m_blocks", "U8", {2, 4, 3, 8});
                },
                kMxfp4),
            "'m_blocks': has no blocks of 16 bytes in matrices"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return blocks(model).reshape("m_scales", "U8", {2, 4, 2});
                },
                kMxfp4),
            "'m_scales': has the shape [2, 4, 2], not the [2, 4, 3]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return blocks(model).reshape("m_scales", "I32", {2, 4, 3});
                },
                kMxfp4),
            "'m_scales': has the dtype I32, not U8 or F8_E8M0"));
}

TEST_CASE("quantized refusals: GPTQ and AWQ") {
  const auto gptq_said = [](const std::string& more) {
    return quantization_said(R"("quant_method":"gptq",)" + more);
  };
  CHECK(has(error_of(gptq, gptq_said(R"("bits":5,"group_size":32)")), "bits that are not 2, 3, 4 or 8"));
  CHECK(has(error_of(gptq, gptq_said(R"("group_size":32)")), "bits that are not 2, 3, 4 or 8"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":8,"group_size":32)")),
            "'m.g_idx': has the shape [64], not the [32]"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":3,"group_size":32)")), "codes of 3 bits do not fill"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":64)")),
            "'m.scales': has the shape [2, 16], not the [1, 16]"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":0)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":-2)")), "no group_size"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"checkpoint_format":"marlin")")),
            "the checkpoint_format 'marlin'"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"checkpoint_format":2)")),
            "the checkpoint_format"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"is_marlin_format":true)")), "Marlin"));
  CHECK(has(error_of(gptq, gptq_said(R"("bits":4,"group_size":32,"pack_dtype":"int8")")),
            "another pack_dtype"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return awq(model).reshape("m.qweight", "I32", {8, 16});
                },
                gptq_said(R"("bits":4,"group_size":32,"desc_act":true)")),
            "desc_act, but there is no g_idx"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return gptq(model).reshape("m.qzeros", "I32", {2, 16});
                },
                kGptq),
            "'m.qzeros': has the shape [2, 16], not the [2, 2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return gptq(model).reshape("m.scales", "F64", {2, 16});
                },
                kGptq),
            "'m.scales': has the dtype F64"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.qweight", "I32", {8, 16}).add("m.scales", "F16", {2, 16});
                },
                kGptq),
            "has no qzeros beside it"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return model.add("m.qweight", "I32", {8, 16});
                },
                kGptq),
            "has no scales beside it"));
  const auto ordered = [](std::int32_t group) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      std::vector<std::int32_t> order(64, 0);
      order[63] = group;
      return model.add("m.qweight", "I32", {8, 16})
          .add("m.qzeros", "I32", {2, 2})
          .add("m.scales", "F16", {2, 16})
          .add("m.g_idx", "I32", {64}, packed(order));
    };
  };
  CHECK(error_of(ordered(1), kGptq) == "no error");
  CHECK(error_of(ordered(2), kGptq) == "tensor 'm.g_idx': names group 2 of 2");
  CHECK(error_of(ordered(-1), kGptq) == "tensor 'm.g_idx': names group -1 of 2");
  const auto grouped = [](std::uint64_t groups, bool index) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      model.add("m.qweight", "I32", {groups, 8})
          .add("m.qzeros", "I32", {groups, 1})
          .add("m.scales", "F16", {groups, 8});
      return index ? model.add("m.g_idx", "I32", {groups * 8}) : model;
    };
  };
  const std::string eights = gptq_said(R"("bits":4,"group_size":8)");
  CHECK(error_of(grouped(32768, true), eights) == "no error");
  CHECK(error_of(grouped(32769, true), eights) ==
        "tensor 'm.g_idx': is the index of 32,769 groups, more than the 32,768 that are decoded");
  CHECK(error_of(grouped(32769, false), eights) == "no error");

  const auto awq_said = [](const std::string& more) {
    return quantization_said(R"("quant_method":"awq","group_size":32,)" + more);
  };
  CHECK(has(error_of(awq, awq_said(R"("bits":8)")), "bits that are not 4"));
  CHECK(has(error_of(awq, awq_said(R"("bits":4,"version":"gemv")")), "the version 'gemv', not gemm"));
  CHECK(has(error_of(awq, awq_said(R"("bits":4,"zero_point":false)")), "there are no zero points"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return awq(model).add("m.g_idx", "I32", {64}); }, kAwq),
            "'m.g_idx': is not known beside codes like these"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return awq(model).reshape("m.scales", "F16", {2, 15});
                },
                kAwq),
            "no multiple of 8"));
  // 2^62 outputs, whose bits are none modulo 2^64.
  CHECK(error_of(
            [](auto& model) -> auto& {
              return model.add("m.qweight", "I32", {0, std::uint64_t{1} << 59})
                  .add("m.qzeros", "I32", {0, 0})
                  .add("m.scales", "F16", {0, std::uint64_t{1} << 62});
            },
            kAwq) == "tensor 'm.qzeros': has words that codes of 4 bits do not fill");
}

TEST_CASE("quantized refusals: indexes of more groups than models have") {
  const auto packed_int_of = [](std::uint64_t groups, std::int32_t group) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      const auto columns = static_cast<std::int64_t>(groups);
      return model.add("m.weight_packed", "I32", {1, (groups + 7) / 8})
          .add("m.weight_scale", "BF16", {1, groups})
          .add("m.weight_g_idx", "I32", {groups}, packed(std::vector<std::int32_t>(groups, group)))
          .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{1, columns}));
    };
  };
  const std::string ones =
      compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"group","group_size":1)");
  CHECK(error_of(packed_int_of(32768, 7), ones) == "no error");
  CHECK(error_of(packed_int_of(32769, 7), ones) ==
        "tensor 'm.weight_g_idx': is the index of 32,769 groups, more than the 32,768 that are decoded");
  CHECK(error_of(packed_int_of(32769, -1), ones) == "no error");
}

TEST_CASE("quantized refusals: bitsandbytes") {
  const auto state = [](const std::string& text) {
    return [=](QuantizedModel& model) -> QuantizedModel& { return nf4(model, text); };
  };
  const auto sound = [](auto& model) -> auto& {
    return nf4(model);
  };
  CHECK(has(error_of(sound, kInt8), "nothing of load_in_4bit"));
  CHECK(has(error_of(scb, kNf4), "nothing of load_in_8bit"));
  CHECK(has(error_of(sound,
                     quantization_said(
                         R"("quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"fp4")")),
            "bnb_4bit_quant_type 'fp4', not nf4"));
  CHECK(has(error_of(state("{"), kNf4), "'m.weight.quant_state.bitsandbytes__nf4': not valid JSON"));
  CHECK(has(error_of(state("[]"), kNf4), "holds no state of a weight"));
  CHECK(has(error_of(state(R"({"quant_type":"fp4","blocksize":64,"shape":[8,16]})"), kNf4),
            "another quant_type than its name"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":0,"shape":[8,16]})"), kNf4),
            "gives no blocksize"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64})"), kNf4), "gives no shape"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[4294967296,4294967296]})"), kNf4),
            "too large"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[8,17]})"), kNf4),
            "does not hold a weight of the shape [8, 17]"));
  CHECK(has(error_of(state(R"({"quant_type":"nf4","blocksize":32,"shape":[8,16]})"), kNf4),
            "'m.weight.absmax': has the shape [2], not the [4]"));
  CHECK(has(
      error_of(state(R"({"quant_type":"nf4","blocksize":64,"shape":[8,16],"nested_blocksize":256})"), kNf4),
      "speaks of a nested_absmax that is not there"));
  CHECK(has(
      error_of(
          [](auto& model) -> auto& { return nf4(model).reshape("m.weight.quant_map", "F32", {15}); }, kNf4),
      "'m.weight.quant_map': has the shape [15], not the [16]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return nf4(model).reshape("m.weight.absmax", "U8", {2}); }, kNf4),
            "'m.weight.absmax': has the dtype U8, not F32"));
  CHECK(has(
      error_of(
          [](auto& model) -> auto& { return nf4(model).add("m.weight.nested_absmax", "F32", {1}); }, kNf4),
      "has no nested_quant_map beside it"));
  const auto nested = [](const std::string& text) {
    return [=](QuantizedModel& model) -> QuantizedModel& {
      return nf4(model, text)
          .reshape("m.weight.absmax", "U8", {2})
          .add("m.weight.nested_absmax", "F32", {1})
          .add("m.weight.nested_quant_map", "F32", {256});
    };
  };
  const std::string begin = R"({"quant_type":"nf4","blocksize":64,"shape":[8,16])";
  CHECK(error_of(nested(begin + R"(,"nested_blocksize":256,"nested_offset":1e-05})"), kNf4) == "no error");
  CHECK(has(error_of(nested(begin + R"(,"nested_blocksize":256})"), kNf4), "gives no nested_offset"));
  CHECK(has(error_of(nested(begin + R"(,"nested_offset":0})"), kNf4), "gives no nested_blocksize"));
  CHECK(has(error_of(nested(begin + R"(,"nested_blocksize":1,"nested_offset":0})"), kNf4),
            "'m.weight.nested_absmax': has the shape [1], not the [2]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& { return scb(model).reshape("m.SCB", "F32", {3}); }, kInt8),
            "'m.SCB': has the shape [3], not the [4]"));
  CHECK(has(error_of(
                [](auto& model) -> auto& {
                  return scb(model).add("m.weight_format", "U8", {}, std::string(1, '\2'));
                },
                kInt8),
            "'m.weight_format': says that the codes are not in rows"));
}

TEST_CASE("quantized refusals: sizes that are not those of the shapes") {
  QuantizedModel model;
  fp8(model).tensors()[1].size = 12;
  CHECK(has(quantized_error(model, kFp8Config),
            "'m.weight_scale_inv': F32 [2, 2] has a size of 16 bytes, not 12"));
}

TEST_CASE("quantized refusals: 8-bit floats that a plain cast would make wrong") {
  QuantizedModel model;
  fp8(model)
      .add("x.weight", "F8_E4M3", {2, 2})
      .add("c.weight", "F8_E4M3", {2, 2})
      .add("c.scale_weight", "F32", {})
      .add("e.gate_up_proj_scale_inv", "F32", {1, 1})
      .add("e.gate_up_proj", "F8_E4M3", {2, 2});
  CHECK(scaled_float_codes(model.tensors()) == std::vector<std::size_t>{0, 3, 6});
}
