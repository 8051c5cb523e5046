// Weights in 4-bit floats and tables of 16 numbers (NVFP4, MX, gpt-oss, bitsandbytes in 4 bits), in layouts
// and sizes that there are no vectors of: what the numbers are is computed from codes and scales that are
// packed here.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

TEST_CASE("quantized layouts: FP4 in I8 with exponents") {
  Noise noise;
  const auto codes = noise.codes(3 * 64, 16);
  QuantizedModel model;
  model.add("m.weight", "I8", {3, 32}, packed(packed_bits(codes, 4)))
      .add("m.scale", "F8_E8M0", {3, 2}, packed(Bytes8{127, 126, 0, 254, 255, 120}));
  const std::array scales = {1.0, 0.5, 0x1p-127, 0x1p127, std::nan(""), 0x1p-7};
  const auto expected = [&](std::size_t i) { return e2m1_number(codes[i]) * scales[i / 32]; };
  check_weight(model, kFp8Config, "MX FP4", {3, 64}, expected);
  CHECK(!quantized_in(model, kFp8Config)[0].values->fits_f32());  // 6 * 2^127
  QuantizedModel packed_model;
  packed_model.add("m.weight_packed", "U8", {3, 32}, packed(packed_bits(codes, 4)))
      .add("m.weight_scale", "U8", {3, 2}, packed(Bytes8{127, 126, 0, 254, 255, 120}));
  check_weight(packed_model,
               compressed_said("mxfp4-pack-quantized",
                               R"("num_bits":4,"type":"float","strategy":"group","group_size":32)"),
               "MX FP4", {3, 64}, expected);
}

TEST_CASE("quantized layouts: NVFP4 of several matrices") {
  Noise noise;
  const auto codes = noise.codes(4 * 48, 16);
  const auto scales = noise.codes(4 * 3, 127);
  const float whole = 0.0123F;
  QuantizedModel model;
  model.add("m.weight", "U8", {2, 2, 24}, packed(packed_bits(codes, 4)))
      .add("m.weight_scale", "F8_E4M3", {2, 2, 3}, packed(bytes_of_codes(scales)))
      .add("m.weight_scale_2", "F32", {1}, packed(std::vector{whole}));
  check_weight(model, quantization_said(R"("quant_method":"modelopt","quant_algo":"NVFP4")"), "NVFP4",
               {2, 2, 48}, [&](std::size_t i) {
                 return e2m1_number(codes[i]) * e4m3_number(scales[i / 16]) * static_cast<double>(whole);
               });
}

TEST_CASE("quantized layouts: gpt-oss, transposed") {
  Noise noise;
  constexpr std::size_t kOutputs = 5;
  constexpr std::size_t kInputs = 64;
  const auto codes = noise.codes(3 * kOutputs * kInputs, 16);
  auto exponents = noise.codes(3 * kOutputs * 2, 253);
  QuantizedModel model;
  model.add("m_blocks", "U8", {3, kOutputs, 2, 16}, packed(packed_bits(codes, 4)))
      .add("m_scales", "U8", {3, kOutputs, 2}, packed(bytes_of_codes(exponents)));
  const auto expected = [&](std::size_t i) {
    const std::size_t matrix = i / (kOutputs * kInputs);
    const std::size_t input = i / kOutputs % kInputs;
    const std::size_t from = (matrix * kOutputs + i % kOutputs) * kInputs + input;
    const std::uint32_t exponent = exponents[from / 32];
    return exponent == 255 ? std::nan("")
                           : e2m1_number(codes[from]) * std::ldexp(1, static_cast<int>(exponent) - 127);
  };
  const std::string config = quantization_said(R"("quant_method":"mxfp4")");
  check_weight(model, config, "MXFP4", {3, kInputs, kOutputs}, expected);
  CHECK(quantized_in(model, config)[0].values->fits_f32());
  exponents[3] = 254;
  exponents[4] = 255;
  QuantizedModel large;
  large.add("m_blocks", "U8", {3, kOutputs, 2, 16}, packed(packed_bits(codes, 4)))
      .add("m_scales", "U8", {3, kOutputs, 2}, packed(bytes_of_codes(exponents)));
  check_weight(large, config, "MXFP4", {3, kInputs, kOutputs}, expected);
  CHECK(!quantized_in(large, config)[0].values->fits_f32());
}

TEST_CASE("quantized layouts: bitsandbytes in 4 bits, and its scales in 8") {
  Noise noise;
  // 5 x 27: an odd count, with a short last block.
  const auto codes = noise.codes(135, 16);
  Bytes8 bytes(68);
  for (std::size_t i = 0; i < codes.size(); ++i)
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] | codes[i] << (i % 2 == 0 ? 4 : 0));
  const auto table = noise.floats(16);
  const auto scales = noise.floats(3);
  std::string state = R"({"quant_type":"nf4","blocksize":64,"dtype":"bfloat16","shape":[5,27]})";
  const std::string config =
      quantization_said(R"("quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"nf4")");
  QuantizedModel model;
  model.add("m.weight", "U8", {68, 1}, packed(bytes))
      .add("m.weight.absmax", "F32", {3}, packed(scales))
      .add("m.weight.quant_map", "F32", {16}, packed(table))
      .add("m.weight.quant_state.bitsandbytes__nf4", "U8", {state.size()}, state);
  check_weight(model, config, "bitsandbytes NF4", {5, 27}, [&](std::size_t i) {
    return static_cast<double>(table[codes[i]]) * static_cast<double>(scales[i / 64]);
  });

  const auto scale_codes = noise.codes(3, 256);
  const auto scale_table = noise.floats(256);
  const auto scales_of_scales = noise.floats(2);
  state = R"({"quant_type":"fp4","blocksize":64,"shape":[5,27],"nested_blocksize":2,"nested_offset":0.0625})";
  QuantizedModel nested;
  nested.add("m.weight", "U8", {68, 1}, packed(bytes))
      .add("m.weight.absmax", "U8", {3}, packed(bytes_of_codes(scale_codes)))
      .add("m.weight.nested_absmax", "F32", {2}, packed(scales_of_scales))
      .add("m.weight.nested_quant_map", "F32", {256}, packed(scale_table))
      .add("m.weight.quant_map", "F32", {16}, packed(table))
      .add("m.weight.quant_state.bitsandbytes__fp4", "U8", {state.size()}, state);
  check_weight(nested, quantization_said(R"("quant_method":"bitsandbytes","_load_in_4bit":true)"),
               "bitsandbytes FP4", {5, 27}, [&](std::size_t i) {
                 const std::size_t block = i / 64;
                 const double scale = static_cast<double>(scale_table[scale_codes[block]]) *
                                          static_cast<double>(scales_of_scales[block / 2]) +
                                      0.0625;
                 return static_cast<double>(table[codes[i]]) * scale;
               });
}
