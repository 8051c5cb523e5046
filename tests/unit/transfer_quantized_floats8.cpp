// Weights in 8-bit floats, in layouts and sizes that there are no vectors of, and what holds of all quantized
// weights: what the numbers are is computed from codes and scales that are packed here.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "model/quantized_modules.hpp"
#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

TEST_CASE("quantized layouts: FP8 in blocks, of rows longer than what is made at once") {
  Noise noise;
  constexpr std::size_t kRows = 3;
  constexpr std::size_t kColumns = 40'000;
  const auto codes = noise.codes(kRows * kColumns, 256);
  const auto scales = noise.floats(2 * 400);
  QuantizedModel model;
  model.add("m.weight_scale_inv", "F32", {2, 400}, packed(scales))
      .add("m.weight", "F8_E4M3", {kRows, kColumns}, packed(bytes_of_codes(codes)));
  check_weight(model, quantization_said(R"("quant_method":"fp8","weight_block_size":[2,100])"), "FP8 block",
               {kRows, kColumns}, [&](std::size_t i) {
                 return e4m3_number(codes[i]) *
                        static_cast<double>(scales[i / kColumns / 2 * 400 + i % kColumns / 100]);
               });
}

TEST_CASE("quantized layouts: FP8 in blocks, of several matrices") {
  Noise noise;
  const auto codes = noise.codes(4 * 5 * 7, 256);
  const auto scales = noise.floats(4 * 3 * 2);
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {2, 2, 5, 7}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale_inv", "F32", {2, 2, 3, 2}, packed(scales));
  check_weight(model, quantization_said(R"("quant_method":"fp8","fmt":"e4m3","weight_block_size":[2,4])"),
               "FP8 block", {2, 2, 5, 7}, [&](std::size_t i) {
                 const std::size_t matrix = i / 35;
                 const std::size_t row = i % 35 / 7;
                 return e4m3_number(codes[i]) *
                        static_cast<double>(scales[matrix * 6 + row / 2 * 2 + i % 7 / 4]);
               });
}

TEST_CASE("quantized layouts: whether F32 holds the products of FP8 depends on the scales") {
  const auto fits = [](float scale) {
    QuantizedModel model;
    model.add("m.weight", "F8_E4M3", {1, 2}, packed(Bytes8{0x7e, 1}))
        .add("m.weight_scale_inv", "F32", {1, 1}, packed(std::vector{scale}));
    const auto weights = quantized_in(model, kFp8Config);
    REQUIRE(weights.size() == 1);
    CHECK(values_of(*weights[0].values) ==
          std::vector<double>{448 * static_cast<double>(scale), 0x1p-9 * static_cast<double>(scale)});
    return weights[0].values->fits_f32();
  };
  CHECK(fits(1));
  CHECK(fits(0));
  CHECK(fits(0x1.ffffep-3F));  // 20 bits and 4 more
  CHECK(!fits(0x1.fffffp-3F));
  CHECK(fits(0x1p119F));
  CHECK(!fits(0x1p120F));
  CHECK(fits(0x1p-140F));
  CHECK(!fits(0x1p-141F));
  CHECK(!fits(0x1.8p-140F));
}

TEST_CASE("quantized layouts: MX FP8, exponents in U8 and F8_E8M0") {
  Noise noise;
  const auto codes = noise.codes(3 * 70, 256);
  const auto exponents = noise.codes(3 * 3, 256);
  const auto expected = [&](std::size_t i) {
    const std::uint32_t exponent = exponents[i / 70 * 3 + i % 70 / 32];
    return exponent == 255 ? std::nan("")
                           : e4m3_number(codes[i]) * std::ldexp(1, static_cast<int>(exponent) - 127);
  };
  for (const char* dtype : {"U8", "F8_E8M0"}) {
    QuantizedModel model;
    model.add("m.weight", "F8_E4M3", {3, 70}, packed(bytes_of_codes(codes)))
        .add("m.scale", dtype, {3, 3}, packed(bytes_of_codes(exponents)));
    check_weight(model, kFp8Config, "MX FP8", {3, 70}, expected);
    check_weight(model, quantization_said(R"("quant_method":"mxfp8")"), "MX FP8", {3, 70}, expected);
  }
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {3, 70}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "U8", {3, 3}, packed(bytes_of_codes(exponents)));
  check_weight(model, quantization_said(R"("quant_method":"modelopt","quant_algo":"MXFP8")"), "MX FP8",
               {3, 70}, expected);
}

TEST_CASE("quantized layouts: FP8 in blocks with exponents") {
  Noise noise;
  const auto codes = noise.codes(130 * 256, 127);
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {130, 256}, packed(bytes_of_codes(codes)))
      .add("m.scale", "F8_E8M0", {2, 2}, packed(Bytes8{127, 120, 128, 130}));
  const std::array scales = {1.0, 0x1p-7, 2.0, 8.0};
  check_weight(model, kFp8Config, "FP8 block", {130, 256}, [&](std::size_t i) {
    return e4m3_number(codes[i]) * scales[i / 256 / 128 * 2 + i % 256 / 128];
  });
}

TEST_CASE("quantized layouts: FP8 of a tensor and of its rows") {
  Noise noise;
  const auto codes = noise.codes(5 * 9, 256);
  const std::vector<float> one = {0.37F};
  const std::vector<float> rows = noise.floats(5);
  const auto by_tensor = [&](std::size_t i) { return e4m3_number(codes[i]) * static_cast<double>(one[0]); };
  const auto by_row = [&](std::size_t i) { return e4m3_number(codes[i]) * static_cast<double>(rows[i / 9]); };
  const auto model_of = [&](const std::vector<float>& scales, const Shape& shape) {
    auto model = std::make_unique<QuantizedModel>();
    model->add("m.input_scale", "F32", {}, packed(one))
        .add("m.weight", "F8_E4M3", {5, 9}, packed(bytes_of_codes(codes)))
        .add("m.weight_scale", "F32", shape, packed(scales));
    return model;
  };
  const std::string tensor =
      compressed_said("float-quantized", R"("num_bits":8,"type":"float","strategy":"tensor")");
  const std::string channel =
      compressed_said("float-quantized", R"("num_bits":8,"type":"float","strategy":"channel")");
  check_weight(*model_of(one, {1}), tensor, "FP8", {5, 9}, by_tensor);
  check_weight(*model_of(one, {}), tensor, "FP8", {5, 9}, by_tensor);
  check_weight(*model_of(rows, {5, 1}), channel, "FP8", {5, 9}, by_row);
  check_weight(*model_of(one, {}), {}, "FP8", {5, 9}, by_tensor, R"({"quantization":{"quant_algo":"FP8"}})");
  check_weight(*model_of(one, {}), quantization_said(R"("quant_method":"modelopt","quant_algo":"FP8")"),
               "FP8", {5, 9}, by_tensor);
  check_weight(*model_of(rows, {5}),
               quantization_said(R"("quant_method":"modelopt","quant_algo":"FP8_PER_CHANNEL_PER_TOKEN")"),
               "FP8", {5, 9}, by_row);
  check_weight(*model_of(one, {1}), quantization_said(R"("quant_method":"fp8","activation_scheme":"static")"),
               "FP8", {5, 9}, by_tensor);
  // The scheme that fits is the module's, whatever the others are.
  check_weight(
      *model_of(rows, {5, 1}),
      quantization_said(R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
             "a":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}},
             "b":{"weights":{"num_bits":8,"type":"float","strategy":"channel"}},
             "c":{"weights":null}})"),
      "FP8", {5, 9}, by_row);
}

TEST_CASE("quantized layouts: FP8 in blocks of compressed-tensors") {
  Noise noise;
  const auto codes = noise.codes(5 * 9, 256);
  const auto scales = noise.floats(3 * 3);
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {5, 9}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "F32", {3, 3}, packed(scales));
  check_weight(model,
               compressed_said("float-quantized",
                               R"("num_bits":8,"type":"float","strategy":"block","block_structure":[2,4])"),
               "FP8 block", {5, 9}, [&](std::size_t i) {
                 return e4m3_number(codes[i]) * static_cast<double>(scales[i / 9 / 2 * 3 + i % 9 / 4]);
               });
}

TEST_CASE(
    "quantized layouts: several weights come in the order of their codes, and take all of their tensors") {
  QuantizedModel model;
  model.add("b.weight_scale_inv", "F32", {1, 1})
      .add("norm.scale", "BF16", {4})
      .add("b.weight", "F8_E4M3", {1, 2})
      .add("a.weight", "F8_E4M3", {1, 2})
      .add("plain.weight", "BF16", {1, 2})
      .add("a.weight_scale_inv", "F32", {1, 1})
      .add("a.input_scale", "F32", {})
      .add("position_ids", "I32", {4})
      .add("x_blocks", "F32", {4});
  const auto weights = quantized_in(model, kFp8Config);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0].name == "b.weight");
  CHECK(weights[0].consumed == std::vector<std::size_t>{2, 0});
  CHECK(weights[1].name == "a.weight");
  CHECK(weights[1].consumed == std::vector<std::size_t>{3, 5, 6});
  CHECK(quantized_in(model, kFp8Config)[0].values->path() == model.path());
  CHECK(scaled_float_codes(model.tensors()) == std::vector<std::size_t>{2, 3});
}

TEST_CASE("quantized layouts: weights without elements") {
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {0, 256}).add("m.weight_scale_inv", "F32", {0, 2});
  check_weight(model, kFp8Config, "FP8 block", {0, 256}, [](std::size_t) { return 0; });
  QuantizedModel transposed;
  transposed.add("m.qweight", "I32", {0, 8}).add("m.qzeros", "I32", {0, 1}).add("m.scales", "F16", {0, 8});
  check_weight(transposed, quantization_said(R"("quant_method":"gptq","bits":4,"group_size":32)"), "GPTQ",
               {8, 0}, [](std::size_t) { return 0; });
}

TEST_CASE("quantized layouts: models that are not quantized have none") {
  QuantizedModel model;
  model.add("m.weight", "BF16", {4, 4}).add("m.bias", "BF16", {4}).add("m.scale", "F32", {1});
  CHECK(quantized_in(model, "").empty());
  CHECK(quantized_in(model, kFp8Config).empty());
  QuantizedModel plain;
  plain.add("m.weight", "F8_E4M3", {4, 4});
  CHECK(quantized_in(plain, "").empty());
}
