// The layouts of quantized weights that there are no vectors of, and sizes that vectors do not have: what the
// numbers are is computed here from codes and scales that are packed here, a bit at a time.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "model/quantized_modules.hpp"
#include "quantized_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

using Bytes8 = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

/// Numbers that repeat late and have all bits.
class Noise {
 public:
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % limit;
  }
  std::vector<std::uint32_t> codes(std::size_t count, std::uint32_t limit) {
    std::vector<std::uint32_t> all(count);
    for (std::uint32_t& code : all) code = below(limit);
    return all;
  }
  std::vector<float> floats(std::size_t count) {
    std::vector<float> all(count);
    for (float& one : all) one = 0.25F + static_cast<float>(below(1U << 20)) * 0x1p-21F;
    return all;
  }

 private:
  std::uint64_t state_ = 7;
};

/// F16 of what has few bits and is near 1.
std::uint16_t half(double number) {
  const int exponent = std::ilogb(number);
  const auto mantissa = static_cast<unsigned>((std::fabs(number) / std::ldexp(1, exponent) - 1) * 1024);
  return static_cast<std::uint16_t>((number < 0 ? 0x8000 : 0) | (exponent + 15) << 10 |
                                    static_cast<int>(mantissa));
}

/// Codes in words, lowest bits first, one behind the other.
Words packed_bits(const std::vector<std::uint32_t>& codes, unsigned bits) {
  Words words((codes.size() * bits + 31) / 32);
  for (std::size_t i = 0; i < codes.size() * bits; ++i) {
    if ((codes[i / bits] >> (i % bits) & 1U) != 0) words[i / 32] |= 1U << (i % 32);
  }
  return words;
}

Bytes8 bytes_of_codes(const std::vector<std::uint32_t>& codes) {
  return {codes.begin(), codes.end()};
}

/// F8_E4M3 by its definition.
double e4m3(std::uint32_t code) {
  const int exponent = static_cast<int>(code >> 3 & 15U);
  const int mantissa = static_cast<int>(code & 7U);
  double number = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  if ((code & 127U) == 127) number = std::numeric_limits<double>::quiet_NaN();
  return code >= 128 ? -number : number;
}

double e2m1(std::uint32_t code) {
  const std::array<double, 8> numbers = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  return code >= 8 ? -numbers[code - 8] : numbers[code];
}

bool is_same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// The only weight of a model.
void check(const QuantizedModel& model, const std::string& config, const std::string& layout,
           const Shape& shape, const std::function<double(std::size_t)>& expected,
           const std::string& model_opt = {}) {
  const auto weights = quantized_in(model, config, model_opt);
  REQUIRE(weights.size() == 1);
  const QuantizedWeight& weight = weights[0];
  CHECK(weight.name == (layout == "MXFP4" ? "m" : "m.weight"));
  CHECK(weight.layout == layout);
  CHECK(weight.shape == shape);
  CHECK(weight.consumed.size() == model.tensors().size());
  REQUIRE(weight.values->count() == element_count(shape));
  CHECK(agrees_in_pieces(*weight.values));
  const std::vector<double> values = values_of(*weight.values);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_same(values[i], expected(i))) ++differing;
  }
  CHECK(differing == 0);
}

std::string said(const std::string& members) {
  return "{\"quantization_config\":{" + members + "}}";
}

std::string compressed(const std::string& format, const std::string& weights) {
  return said(R"("quant_method":"compressed-tensors","format":")" + format +
              R"(","config_groups":{"group_0":{"targets":["Linear"],"weights":{)" + weights + "}}}");
}

const std::string kFp8 = said(R"("quant_method":"fp8","weight_block_size":[128,128])");

}  // namespace

TEST_CASE("quantized layouts: FP8 in blocks, of rows longer than what is made at once") {
  Noise noise;
  constexpr std::size_t kRows = 3;
  constexpr std::size_t kColumns = 40'000;
  const auto codes = noise.codes(kRows * kColumns, 256);
  const auto scales = noise.floats(2 * 400);
  QuantizedModel model;
  model.add("m.weight_scale_inv", "F32", {2, 400}, packed(scales))
      .add("m.weight", "F8_E4M3", {kRows, kColumns}, packed(bytes_of_codes(codes)));
  check(model, said(R"("quant_method":"fp8","weight_block_size":[2,100])"), "FP8 block", {kRows, kColumns},
        [&](std::size_t i) {
          return e4m3(codes[i]) * static_cast<double>(scales[i / kColumns / 2 * 400 + i % kColumns / 100]);
        });
}

TEST_CASE("quantized layouts: FP8 in blocks, of several matrices") {
  Noise noise;
  const auto codes = noise.codes(4 * 5 * 7, 256);
  const auto scales = noise.floats(4 * 3 * 2);
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {2, 2, 5, 7}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale_inv", "F32", {2, 2, 3, 2}, packed(scales));
  check(model, said(R"("quant_method":"fp8","fmt":"e4m3","weight_block_size":[2,4])"), "FP8 block",
        {2, 2, 5, 7}, [&](std::size_t i) {
          const std::size_t matrix = i / 35;
          const std::size_t row = i % 35 / 7;
          return e4m3(codes[i]) * static_cast<double>(scales[matrix * 6 + row / 2 * 2 + i % 7 / 4]);
        });
}

TEST_CASE("quantized layouts: whether F32 holds the products of FP8 depends on the scales") {
  const auto fits = [](float scale) {
    QuantizedModel model;
    model.add("m.weight", "F8_E4M3", {1, 2}, packed(Bytes8{0x7e, 1}))
        .add("m.weight_scale_inv", "F32", {1, 1}, packed(std::vector{scale}));
    const auto weights = quantized_in(model, kFp8);
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
    return exponent == 255 ? std::nan("") : e4m3(codes[i]) * std::ldexp(1, static_cast<int>(exponent) - 127);
  };
  for (const char* dtype : {"U8", "F8_E8M0"}) {
    QuantizedModel model;
    model.add("m.weight", "F8_E4M3", {3, 70}, packed(bytes_of_codes(codes)))
        .add("m.scale", dtype, {3, 3}, packed(bytes_of_codes(exponents)));
    check(model, kFp8, "MX FP8", {3, 70}, expected);
    check(model, said(R"("quant_method":"mxfp8")"), "MX FP8", {3, 70}, expected);
  }
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {3, 70}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "U8", {3, 3}, packed(bytes_of_codes(exponents)));
  check(model, said(R"("quant_method":"modelopt","quant_algo":"MXFP8")"), "MX FP8", {3, 70}, expected);
}

TEST_CASE("quantized layouts: FP8 in blocks with exponents") {
  Noise noise;
  const auto codes = noise.codes(130 * 256, 127);
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {130, 256}, packed(bytes_of_codes(codes)))
      .add("m.scale", "F8_E8M0", {2, 2}, packed(Bytes8{127, 120, 128, 130}));
  const std::array scales = {1.0, 0x1p-7, 2.0, 8.0};
  check(model, kFp8, "FP8 block", {130, 256},
        [&](std::size_t i) { return e4m3(codes[i]) * scales[i / 256 / 128 * 2 + i % 256 / 128]; });
}

TEST_CASE("quantized layouts: FP4 in I8 with exponents") {
  Noise noise;
  const auto codes = noise.codes(3 * 64, 16);
  QuantizedModel model;
  model.add("m.weight", "I8", {3, 32}, packed(packed_bits(codes, 4)))
      .add("m.scale", "F8_E8M0", {3, 2}, packed(Bytes8{127, 126, 0, 254, 255, 120}));
  const std::array scales = {1.0, 0.5, 0x1p-127, 0x1p127, std::nan(""), 0x1p-7};
  const auto expected = [&](std::size_t i) { return e2m1(codes[i]) * scales[i / 32]; };
  check(model, kFp8, "MX FP4", {3, 64}, expected);
  CHECK(!quantized_in(model, kFp8)[0].values->fits_f32());  // 6 * 2^127
  QuantizedModel packed_model;
  packed_model.add("m.weight_packed", "U8", {3, 32}, packed(packed_bits(codes, 4)))
      .add("m.weight_scale", "U8", {3, 2}, packed(Bytes8{127, 126, 0, 254, 255, 120}));
  check(
      packed_model,
      compressed("mxfp4-pack-quantized", R"("num_bits":4,"type":"float","strategy":"group","group_size":32)"),
      "MX FP4", {3, 64}, expected);
}

TEST_CASE("quantized layouts: FP8 of a tensor and of its rows") {
  Noise noise;
  const auto codes = noise.codes(5 * 9, 256);
  const std::vector<float> one = {0.37F};
  const std::vector<float> rows = noise.floats(5);
  const auto by_tensor = [&](std::size_t i) { return e4m3(codes[i]) * static_cast<double>(one[0]); };
  const auto by_row = [&](std::size_t i) { return e4m3(codes[i]) * static_cast<double>(rows[i / 9]); };
  const auto model_of = [&](const std::vector<float>& scales, const Shape& shape) {
    auto model = std::make_unique<QuantizedModel>();
    model->add("m.input_scale", "F32", {}, packed(one))
        .add("m.weight", "F8_E4M3", {5, 9}, packed(bytes_of_codes(codes)))
        .add("m.weight_scale", "F32", shape, packed(scales));
    return model;
  };
  const std::string tensor =
      compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"tensor")");
  const std::string channel =
      compressed("float-quantized", R"("num_bits":8,"type":"float","strategy":"channel")");
  check(*model_of(one, {1}), tensor, "FP8", {5, 9}, by_tensor);
  check(*model_of(one, {}), tensor, "FP8", {5, 9}, by_tensor);
  check(*model_of(rows, {5, 1}), channel, "FP8", {5, 9}, by_row);
  check(*model_of(one, {}), {}, "FP8", {5, 9}, by_tensor, R"({"quantization":{"quant_algo":"FP8"}})");
  check(*model_of(one, {}), said(R"("quant_method":"modelopt","quant_algo":"FP8")"), "FP8", {5, 9},
        by_tensor);
  check(*model_of(rows, {5}), said(R"("quant_method":"modelopt","quant_algo":"FP8_PER_CHANNEL_PER_TOKEN")"),
        "FP8", {5, 9}, by_row);
  check(*model_of(one, {1}), said(R"("quant_method":"fp8","activation_scheme":"static")"), "FP8", {5, 9},
        by_tensor);
  // The scheme that fits is the module's, whatever the others are.
  check(*model_of(rows, {5, 1}),
        said(R"("quant_method":"compressed-tensors","format":"float-quantized","config_groups":{
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
  check(model,
        compressed("float-quantized",
                   R"("num_bits":8,"type":"float","strategy":"block","block_structure":[2,4])"),
        "FP8 block", {5, 9}, [&](std::size_t i) {
          return e4m3(codes[i]) * static_cast<double>(scales[i / 9 / 2 * 3 + i % 9 / 4]);
        });
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
  check(model, said(R"("quant_method":"modelopt","quant_algo":"NVFP4")"), "NVFP4", {2, 2, 48},
        [&](std::size_t i) { return e2m1(codes[i]) * e4m3(scales[i / 16]) * static_cast<double>(whole); });
}

TEST_CASE("quantized layouts: INT8 of compressed-tensors") {
  Noise noise;
  const auto codes = noise.codes(5 * 9, 256);
  const auto scales = noise.floats(5);
  const std::vector<std::int8_t> zeros = {-128, 127, 0, 3, -7};
  const auto code = [&](std::size_t i) { return static_cast<double>(static_cast<std::int8_t>(codes[i])); };
  QuantizedModel model;
  model.add("m.weight", "I8", {5, 9}, packed(bytes_of_codes(codes)))
      .add("m.weight_scale", "F32", {5, 1}, packed(scales));
  check(model,
        compressed("int-quantized", R"("num_bits":8,"type":"int","strategy":"channel","symmetric":true)"),
        "INT8", {5, 9}, [&](std::size_t i) { return code(i) * static_cast<double>(scales[i / 9]); });
  model.add("m.weight_zero_point", "I8", {5, 1}, packed(zeros));
  check(model,
        compressed("int-quantized", R"("num_bits":8,"type":"int","strategy":"channel","symmetric":false)"),
        "INT8", {5, 9},
        [&](std::size_t i) { return (code(i) - zeros[i / 9]) * static_cast<double>(scales[i / 9]); });
}

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
    halves.push_back(half(numbers.back()));
  }
  return halves;
}

}  // namespace

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
    check(model, compressed("pack-quantized", scheme + "true"), layout, {kRows, kColumns},
          [&](std::size_t i) { return (codes[i] - middle) * scales[in_order(i)]; });
    CHECK(quantized_in(model, compressed("pack-quantized", scheme + "true"))[0].values->fits_f32());
    const Words zero_words = packed_down(zeros, 3, bits);
    model.add("m.weight_zero_point", "I32", {zero_words.size() / 3, 3}, packed(zero_words));
    const auto expected = [&](std::size_t i, std::size_t group) {
      return (codes[i] - middle - (zeros[group] - middle)) * scales[group];
    };
    check(model, compressed("pack-quantized", scheme + "false"), layout, {kRows, kColumns},
          [&](std::size_t i) { return expected(i, in_order(i)); });
    model.add("m.weight_g_idx", "I32", {kColumns}, packed(order));
    check(model, compressed("pack-quantized", scheme + "false"), layout, {kRows, kColumns},
          [&](std::size_t i) { return expected(i, ordered(i)); });
    QuantizedModel unordered;
    unordered.add("m.weight_packed", "I32", {kRows, words.size() / kRows}, packed(words))
        .add("m.weight_scale", "F16", {kRows, 3}, packed(halves))
        .add("m.weight_g_idx", "I32", {kColumns}, packed(std::vector<std::int32_t>(kColumns, -1)))
        .add("m.weight_shape", "I64", {2}, packed(std::vector<std::int64_t>{kRows, kColumns}));
    check(unordered, compressed("pack-quantized", scheme + "true"), layout, {kRows, kColumns},
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
  check(*model_of(1, {1}), compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"tensor")"),
        "INT4", {4, 16}, [&](std::size_t i) { return (codes[i] - 8.0) * static_cast<double>(scales[0]); });
  check(*model_of(4, {4, 1}),
        compressed("pack-quantized", R"("num_bits":4,"type":"int","strategy":"channel")"), "INT4", {4, 16},
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
    check(model, said(config), "GPTQ", {kOutputs, kInputs},
          [&](std::size_t i) { return expected(i, in_order(i), 1); });
    check(model, said(config + R"(,"checkpoint_format":"gptq_v2")"), "GPTQ", {kOutputs, kInputs},
          [&](std::size_t i) { return expected(i, in_order(i), 0); });
    model.add("m.g_idx", "I32", {kInputs}, packed(order));
    check(model, said(config + R"(,"desc_act":true,"checkpoint_format":"gptq")"), "GPTQ", {kOutputs, kInputs},
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
  check(model, said(R"("quant_method":"gptq","bits":4,"group_size":-1)"), "GPTQ", {8, 16},
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
  check(model, said(R"("quant_method":"awq","bits":4,"group_size":1000,"zero_point":true,"version":"gemm")"),
        "AWQ", {kOutputs, kInputs}, [&](std::size_t i) {
          const std::size_t input = i % kInputs;
          const std::size_t output = i / kInputs;
          return (nibble(words, input, output) - nibble(zeros, input / 1000, output)) *
                 scales[input / 1000 * kOutputs + output];
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
                           : e2m1(codes[from]) * std::ldexp(1, static_cast<int>(exponent) - 127);
  };
  const std::string config = said(R"("quant_method":"mxfp4")");
  check(model, config, "MXFP4", {3, kInputs, kOutputs}, expected);
  CHECK(quantized_in(model, config)[0].values->fits_f32());
  exponents[3] = 254;
  exponents[4] = 255;
  QuantizedModel large;
  large.add("m_blocks", "U8", {3, kOutputs, 2, 16}, packed(packed_bits(codes, 4)))
      .add("m_scales", "U8", {3, kOutputs, 2}, packed(bytes_of_codes(exponents)));
  check(large, config, "MXFP4", {3, kInputs, kOutputs}, expected);
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
      said(R"("quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"nf4")");
  QuantizedModel model;
  model.add("m.weight", "U8", {68, 1}, packed(bytes))
      .add("m.weight.absmax", "F32", {3}, packed(scales))
      .add("m.weight.quant_map", "F32", {16}, packed(table))
      .add("m.weight.quant_state.bitsandbytes__nf4", "U8", {state.size()}, state);
  check(model, config, "bitsandbytes NF4", {5, 27}, [&](std::size_t i) {
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
  check(nested, said(R"("quant_method":"bitsandbytes","_load_in_4bit":true)"), "bitsandbytes FP4", {5, 27},
        [&](std::size_t i) {
          const std::size_t block = i / 64;
          const double scale = static_cast<double>(scale_table[scale_codes[block]]) *
                                   static_cast<double>(scales_of_scales[block / 2]) +
                               0.0625;
          return static_cast<double>(table[codes[i]]) * scale;
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
  check(model, said(R"("quant_method":"bitsandbytes","load_in_8bit":true)"), "bitsandbytes INT8", {4, 6},
        [&](std::size_t i) {
          return static_cast<double>(static_cast<std::int8_t>(codes[i])) *
                 static_cast<double>(scales[i / 6]) / 127;
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
  const auto weights = quantized_in(model, kFp8);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0].name == "b.weight");
  CHECK(weights[0].consumed == std::vector<std::size_t>{2, 0});
  CHECK(weights[1].name == "a.weight");
  CHECK(weights[1].consumed == std::vector<std::size_t>{3, 5, 6});
  CHECK(quantized_in(model, kFp8)[0].values->path() == model.path());
  CHECK(scaled_float_codes(model.tensors()) == std::vector<std::size_t>{2, 3});
}

TEST_CASE("quantized layouts: weights without elements") {
  QuantizedModel model;
  model.add("m.weight", "F8_E4M3", {0, 256}).add("m.weight_scale_inv", "F32", {0, 2});
  check(model, kFp8, "FP8 block", {0, 256}, [](std::size_t) { return 0; });
  QuantizedModel transposed;
  transposed.add("m.qweight", "I32", {0, 8}).add("m.qzeros", "I32", {0, 1}).add("m.scales", "F16", {0, 8});
  check(transposed, said(R"("quant_method":"gptq","bits":4,"group_size":32)"), "GPTQ", {8, 0},
        [](std::size_t) { return 0; });
}

TEST_CASE("quantized layouts: models that are not quantized have none") {
  QuantizedModel model;
  model.add("m.weight", "BF16", {4, 4}).add("m.bias", "BF16", {4}).add("m.scale", "F32", {1});
  CHECK(quantized_in(model, "").empty());
  CHECK(quantized_in(model, kFp8).empty());
  QuantizedModel plain;
  plain.add("m.weight", "F8_E4M3", {4, 4});
  CHECK(quantized_in(plain, "").empty());
}
