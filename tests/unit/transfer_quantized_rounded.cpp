// Codes of a byte that share a scale with many others, which are rounded to BF16 once and looked up: the same
// elements and counts as their numbers give.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Ordinary ones, and such that numbers become infinite, zero or NaN in BF16.
const std::vector<float> kOddScales = {0.37F, 0x1.fffffep127F, 0x1p-149F, kInfinity, 0, -0x1.8p-130F, 1e-39F};

void check_blocks(std::size_t rows, std::size_t columns, std::vector<float> scales) {
  CAPTURE(rows);
  CAPTURE(columns);
  Noise noise;
  const std::size_t grid_rows = (rows + 127) / 128;
  const std::size_t grid_columns = (columns + 127) / 128;
  const auto codes = noise.codes(rows * columns, 256);
  const auto more = noise.floats(grid_rows * grid_columns);
  for (std::size_t i = scales.size(); i < more.size(); ++i) scales.push_back(more[i]);
  scales.resize(more.size());
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {rows, columns}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale_inv", "F32", {grid_rows, grid_columns}, packed(scales));
  const auto weights = quantized_in(model, kFp8Config);
  REQUIRE(weights.size() == 1);
  CHECK(weights[0].values->rounded_kind() == FloatKind::bf16);
  check_weight(model, kFp8Config, "FP8 block", {rows, columns}, [&](std::size_t i) {
    return e4m3_number(codes[i]) *
           static_cast<double>(scales[i / columns / 128 * grid_columns + i % columns / 128]);
  });
}

}  // namespace

TEST_CASE("rounded codes: FP8 in blocks, the last of them short") {
  check_blocks(300, 400, {});
  check_blocks(130, 128, {});
  check_blocks(128, 129, {});
  check_blocks(257, 64, {});
}

TEST_CASE("rounded codes: rows longer than what is read at once") {
  check_blocks(33, 20'000, {});
}

TEST_CASE("rounded codes: what is too large, too small or no number is counted") {
  check_blocks(300, 400, kOddScales);
}

TEST_CASE("rounded codes: one scale for a tensor and for each row") {
  Noise noise;
  const auto codes = noise.codes(3 * 4'096, 256);
  const auto scales = noise.floats(3);
  QuantizedModel by_row;
  by_row.add("m.weight", "F8_E4M3", {3, 4'096}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "F32", {3, 1}, packed(scales));
  const std::string channel =
      compressed_said("float-quantized", R"("num_bits":8,"type":"float","strategy":"channel")");
  CHECK(quantized_in(by_row, channel).at(0).values->rounded_kind() == FloatKind::bf16);
  check_weight(by_row, channel, "FP8", {3, 4'096},
               [&](std::size_t i) { return e4m3_number(codes[i]) * static_cast<double>(scales[i / 4'096]); });
  QuantizedModel whole;
  whole.add("m.weight", "F8_E4M3", {96, 128}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "F32", {1}, packed(std::vector{scales[0]}));
  const std::string tensor =
      compressed_said("float-quantized", R"("num_bits":8,"type":"float","strategy":"tensor")");
  CHECK(quantized_in(whole, tensor).at(0).values->rounded_kind() == FloatKind::bf16);
  check_weight(whole, tensor, "FP8", {96, 128},
               [&](std::size_t i) { return e4m3_number(codes[i]) * static_cast<double>(scales[0]); });
}

TEST_CASE("rounded codes: bitsandbytes' INT8, whose products are divided") {
  Noise noise;
  const auto codes = noise.codes(3 * 4'096, 256);
  const auto scales = noise.floats(3);
  QuantizedModel model;
  model.add("m.weight", "I8", {3, 4'096}, packed(bytes_of_codes(codes)))
      .add("m.SCB", "F32", {3}, packed(scales));
  const std::string config = quantization_said(R"("quant_method":"bitsandbytes","load_in_8bit":true)");
  CHECK(quantized_in(model, config).at(0).values->rounded_kind() == FloatKind::bf16);
  check_weight(model, config, "bitsandbytes INT8", {3, 4'096}, [&](std::size_t i) {
    return static_cast<double>(static_cast<std::int8_t>(codes[i])) * static_cast<double>(scales[i / 4'096]) /
           127;
  });
}

TEST_CASE("rounded codes: small blocks are not looked up") {
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {5, 9}).add("m.weight_scale", "F32", {5, 1});
  const std::string channel =
      compressed_said("float-quantized", R"("num_bits":8,"type":"float","strategy":"channel")");
  CHECK(!quantized_in(model, channel).at(0).values->rounded_kind());
}
