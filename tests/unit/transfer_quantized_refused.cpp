// What looks quantized and is doubtful, whatever its layout: each rule that refuses it, by name.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "model/quantized_modules.hpp"
#include "quantized_modules_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using namespace aerotool::test::modules;

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
