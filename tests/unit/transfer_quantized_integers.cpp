// Weights in packed integers (compressed-tensors, GPTQ, AWQ, bitsandbytes in 8 bits), in layouts and sizes
// that there are no vectors of: what the numbers are is computed from codes that are packed here, a bit at a
// time.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

/// Codes of rows that each begin a word.
Words packed_rows_of(const std::vector<std::uint32_t>& codes, std::size_t columns, unsigned bits) {
  Words words;
  for (std::size_t row = 0; row < codes.size() / columns; ++row) {
    const auto begin = codes.begin() + static_cast<std::ptrdiff_t>(row * columns);
    const Words one = packed_bits({begin, begin + static_cast<std::ptrdiff_t>(columns)}, bits);
    words.insert(words.end(), one.begin(), one.end());
  }
  return words;
}

/// The codes of a matrix in words down its columns: [rows * bits / 32, columns].
Words packed_down(const std::vector<std::uint32_t>& codes, std::size_t columns, unsigned bits) {
  const std::size_t rows = codes.size() / columns;
  const std::size_t word_rows = (rows * bits + 31) / 32;
  Words words(word_rows * columns);
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<std::uint32_t> down(rows);
    for (std::size_t row = 0; row < rows; ++row) down[row] = codes[row * columns + column];
    const Words one = packed_bits(down, bits);
    for (std::size_t word = 0; word < word_rows; ++word) words[word * columns + column] = one[word];
  }
  return words;
}

std::vector<std::uint16_t> halves_of(Noise& noise, std::size_t count, std::vector<double>& numbers) {
  std::vector<std::uint16_t> halves;
  for (std::size_t i = 0; i < count; ++i) {
    numbers.push_back(std::ldexp(1024 + noise.below(1024), -15) * (i % 3 == 0 ? -1 : 1));
    halves.push_back(half_bits(numbers.back()));
  }
  return halves;
}

}  // namespace

TEST_CASE("quantized layouts: INT8 of compressed-tensors") {
  Noise noise;
  const auto codes = noise.codes(5 * 9, 256);
  const auto scales = noise.floats(5);
  const std::vector<std::int8_t> zeros = {-128, 127, 0, 3, -7};
  const auto code = [&](std::size_t i) { return static_cast<double>(static_cast<std::int8_t>(codes[i])); };
  QuantizedModel model;
  model.add("m.weight", "I8", {5, 9}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "F32", {5, 1}, packed(scales));
  check_weight(
      model,
      compressed_said("int-quantized", R"("num_bits":8,"type":"int","strategy":"channel","symmetric":true)"),
      "INT8", {5, 9}, [&](std::size_t i) { return code(i) * static_cast<double>(scales[i / 9]); });
  model.add("m.weight_zero_point", "I8", {5, 1}, packed(zeros));
  check_weight(
      model,
      compressed_said("int-quantized", R"("num_bits":8,"type":"int","strategy":"channel","symmetric":false)"),
      "INT8", {5, 9},
      [&](std::size_t i) { return (code(i) - zeros[i / 9]) * static_cast<double>(scales[i / 9]); });
}

TEST_CASE("quantized layouts: packed integers with zero points, groups and an order of columns") {
  for (const unsigned bits : {4U, 8U}) {
    CAPTURE(bits);
    Noise noise;
    constexpr std::size_t kRows = 9;
    constexpr std::size_t kColumns = 39;  // no whole word
    const std::uint32_t limit = 1U << bits;
    const double middle = limit / 2;
    const auto codes = noise.codes(kRows * kColumns, limit);
    const auto zeros = noise.codes(kRows * 3, limit);
    std::vector<double> scales;
    const auto halves = halves_of(noise, kRows * 3, scales);
    std::vector<std::int32_t> order(kColumns);
    for (std::size_t i = 0; i < kColumns; ++i) order[i] = static_cast<std::int32_t>(i * 7 % 3);
    const Words words = packed_rows_of(codes, kColumns, bits);
    const std::string scheme = R"("num_bits":)" + std::to_string(bits) +
                               R"(,"type":"int","strategy":"group","group_size":16,"symmetric":)";
    const auto in_order = [&](std::size_t i) { return i / kColumns * 3 + i % kColumns / 16; };
    const auto ordered = [&](std::size_t i) {
      return i / kColumns * 3 + static_cast<std::size_t>(order[i % kColumns]);
    };
    QuantizedModel model;
    model.add("m.weight_packed", "I32", {kRows, words.size() / kRows}, packed(words))
        .add("m.weight_scale", "F16", {kRows, 3}, packed(halves))
        .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{kRows, kColumns}));
    const std::string layout = bits == 4 ? "INT4" : "INT8";
    check_weight(model, compressed_said("pack-quantized", scheme + "true"), layout, {kRows, kColumns},
                 [&](std::size_t i) { return (codes[i] - middle) * scales[in_order(i)]; });
    CHECK(quantized_in(model, compressed_said("pack-quantized", scheme + "true"))[0].values->fits_f32());
    const Words zero_words = packed_down(zeros, 3, bits);
    model.add("m.weight_zero_point", "I32", {zero_words.size() / 3, 3}, packed(zero_words));
    const auto expected = [&](std::size_t i, std::size_t group) {
      return (codes[i] - middle - (zeros[group] - middle)) * scales[group];
    };
    check_weight(model, compressed_said("pack-quantized", scheme + "false"), layout, {kRows, kColumns},
                 [&](std::size_t i) { return expected(i, in_order(i)); });
    model.add("m.weight_g_idx", "I32", {kColumns}, packed(order));
    check_weight(model, compressed_said("pack-quantized", scheme + "false"), layout, {kRows, kColumns},
                 [&](std::size_t i) { return expected(i, ordered(i)); });
    QuantizedModel unordered;
    unordered.add("m.weight_packed", "I32", {kRows, words.size() / kRows}, packed(words))
        .add("m.weight_scale", "F16", {kRows, 3}, packed(halves))
        .add("m.weight_g_idx", "I32", {kColumns}, packed(std::vector<std::int32_t>(kColumns, -1)))
        .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{kRows, kColumns}));
    check_weight(unordered, compressed_said("pack-quantized", scheme + "true"), layout, {kRows, kColumns},
                 [&](std::size_t i) { return (codes[i] - middle) * scales[in_order(i)]; });
  }
}

TEST_CASE("quantized layouts: packed integers with a scale for all and for each row") {
  Noise noise;
  const auto codes = noise.codes(4 * 16, 16);
  const auto scales = noise.floats(4);
  const auto model_of = [&](std::size_t count, const Shape& shape) {
    auto model = std::make_unique<QuantizedModel>();
    model->add("m.weight_packed", "I32", {4, 2}, packed(packed_bits(codes, 4)))
        .add("m.weight_scale", "F32", shape,
             packed(std::vector<float>(scales.begin(), scales.begin() + static_cast<std::ptrdiff_t>(count))))
        .add("m.weight_shape", "I32", {2}, packed(std::vector<std::int32_t>{4, 16}));
    return model;
  };
  check_weight(*model_of(1, {1}),
               compressed_said("pack-quantized", R"("num_bits":4,"type":"int","strategy":"tensor")"), "INT4",
               {4, 16}, [&](std::size_t i) { return (codes[i] - 8.0) * static_cast<double>(scales[0]); });
  check_weight(*model_of(4, {4, 1}),
               compressed_said("pack-quantized", R"("num_bits":4,"type":"int","strategy":"channel")"), "INT4",
               {4, 16},
               [&](std::size_t i) { return (codes[i] - 8.0) * static_cast<double>(scales[i / 16]); });
}

TEST_CASE("quantized layouts: GPTQ of all bits, in both formats, with and without an order") {
  for (const unsigned bits : {2U, 3U, 4U, 8U}) {
    CAPTURE(bits);
    Noise noise;
    constexpr std::size_t kInputs = 96;
    constexpr std::size_t kOutputs = 64;
    const auto codes = noise.codes(kInputs * kOutputs, 1U << bits);  // [inputs, outputs]
    const auto zeros = noise.codes(3 * kOutputs, 1U << bits);        // [groups, outputs]
    std::vector<double> scales;
    const auto halves = halves_of(noise, 3 * kOutputs, scales);
    std::vector<std::int32_t> order(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i) order[i] = static_cast<std::int32_t>(i * 11 % 3);
    const Words words = packed_down(codes, kOutputs, bits);
    const Words zero_words = packed_rows_of(zeros, kOutputs, bits);
    QuantizedModel model;
    model.add("m.qweight", "I32", {kInputs * bits / 32, kOutputs}, packed(words))
        .add("m.qzeros", "I32", {3, kOutputs * bits / 32}, packed(zero_words))
        .add("m.scales", "F16", {3, kOutputs}, packed(halves));
    const std::string config = R"("quant_method":"gptq","group_size":32,"bits":)" + std::to_string(bits);
    const auto expected = [&](std::size_t i, std::size_t group, int offset) {
      const std::size_t output = i / kInputs;
      const std::size_t at = group * kOutputs + output;
      return (static_cast<double>(codes[i % kInputs * kOutputs + output]) - zeros[at] - offset) * scales[at];
    };
    const auto in_order = [&](std::size_t i) { return i % kInputs / 32; };
    check_weight(model, quantization_said(config), "GPTQ", {kOutputs, kInputs},
                 [&](std::size_t i) { return expected(i, in_order(i), 1); });
    check_weight(model, quantization_said(config + R"(,"checkpoint_format":"gptq_v2")"), "GPTQ",
                 {kOutputs, kInputs}, [&](std::size_t i) { return expected(i, in_order(i), 0); });
    model.add("m.g_idx", "I32", {kInputs}, packed(order));
    check_weight(model, quantization_said(config + R"(,"desc_act":true,"checkpoint_format":"gptq")"), "GPTQ",
                 {kOutputs, kInputs},
                 [&](std::size_t i) { return expected(i, static_cast<std::size_t>(order[i % kInputs]), 1); });
  }
}

TEST_CASE("quantized layouts: GPTQ with one group, and scales in F32") {
  Noise noise;
  const auto codes = noise.codes(16 * 8, 16);
  const auto zeros = noise.codes(8, 16);
  const auto scales = noise.floats(8);
  QuantizedModel model;
  model.add("m.qweight", "I32", {2, 8}, packed(packed_down(codes, 8, 4)))
      .add("m.qzeros", "I32", {1, 1}, packed(packed_bits(zeros, 4)))
      .add("m.scales", "F32", {1, 8}, packed(scales));
  check_weight(model, quantization_said(R"("quant_method":"gptq","bits":4,"group_size":-1)"), "GPTQ", {8, 16},
               [&](std::size_t i) {
                 return (static_cast<double>(codes[i % 16 * 8 + i / 16]) - zeros[i / 16] - 1) *
                        static_cast<double>(scales[i / 16]);
               });
}

TEST_CASE("quantized layouts: matrices of many tiles, which are read by column") {
  Noise noise;
  // 40,000 rows of 40 words are two tiles down and several across.
  constexpr std::size_t kInputs = 40'000;
  constexpr std::size_t kOutputs = 320;
  const Words words = noise.codes(kInputs * kOutputs / 8, 0x7fffffff);
  const Words zeros = noise.codes(40 * kOutputs / 8, 0x7fffffff);
  std::vector<double> scales;
  const auto halves = halves_of(noise, 40 * kOutputs, scales);
  QuantizedModel model;
  model.add("m.qweight", "I32", {kInputs, kOutputs / 8}, packed(words))
      .add("m.qzeros", "I32", {40, kOutputs / 8}, packed(zeros))
      .add("m.scales", "F16", {40, kOutputs}, packed(halves));
  const std::array<unsigned, 8> places = {0, 4, 1, 5, 2, 6, 3, 7};
  const auto nibble = [&](const Words& from, std::size_t row, std::size_t column) {
    return static_cast<double>(from[row * (kOutputs / 8) + column / 8] >> (4 * places[column % 8]) & 15U);
  };
  check_weight(model,
               quantization_said(
                   R"("quant_method":"awq","bits":4,"group_size":1000,"zero_point":true,"version":"gemm")"),
               "AWQ", {kOutputs, kInputs}, [&](std::size_t i) {
                 const std::size_t input = i % kInputs;
                 const std::size_t output = i / kInputs;
                 return (nibble(words, input, output) - nibble(zeros, input / 1000, output)) *
                        scales[input / 1000 * kOutputs + output];
               });
}

TEST_CASE("quantized layouts: bitsandbytes in 8 bits") {
  Noise noise;
  const auto codes = noise.codes(4 * 6, 256);
  const auto scales = noise.floats(4);
  QuantizedModel model;
  model.add("m.SCB", "F32", {4}, packed(scales))
      .add("m.weight", "I8", {4, 6}, packed(bytes_of_codes(codes)))
      .add("m.weight_format", "U8", {}, packed(Bytes8{0}));
  check_weight(model, quantization_said(R"("quant_method":"bitsandbytes","load_in_8bit":true)"),
               "bitsandbytes INT8", {4, 6}, [&](std::size_t i) {
                 return static_cast<double>(static_cast<std::int8_t>(codes[i])) *
                        static_cast<double>(scales[i / 6]) / 127;
               });
}
