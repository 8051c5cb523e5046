// Codes that are floats (FP8, NVFP4, gpt-oss) and doubtful: each rule that refuses them, by name.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "quantized_modules_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using namespace aerotool::test::modules;

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
