// Numbers of quantized blocks, compared with those of other types.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "codecs/floats/widen.hpp"
#include "core/error.hpp"
#include "model/ggml_dtype.hpp"
#include "plan_fixture.hpp"
#include "tasks/compare/by_type.hpp"
#include "tasks/compare/compare.hpp"
#include "tasks/compare/number_blocks.hpp"

using namespace aerotool;
using namespace aerotool::tasks;
using Kind = TensorDifference::Kind;

namespace {

constexpr std::uint32_t kQ8_0 = 8;
constexpr std::uint32_t kQ8_1 = 9;
constexpr std::uint32_t kQ4K = 12;

/// Of bytes that are given.
class ModelOfBytes final : public test::MadeUpModel {
 public:
  ModelOfBytes& hold(std::string name, DType dtype, Shape shape, std::vector<std::byte> bytes) {
    add(std::move(name), dtype, std::move(shape));
    REQUIRE(tensors().back().size == bytes.size());
    bytes_.push_back(std::move(bytes));
    return *this;
  }
  std::vector<SideFile> carried_files() const override {
    if (configuration.empty()) return {};
    const auto put = [text = configuration](const SideFile::Sink& sink) { sink(aerotool::bytes_of(text)); };
    return {{"config.json", configuration.size(), put, false}};
  }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    std::copy_n(bytes_[tensor].begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }

  std::string configuration;  // config.json beside it

 private:
  std::vector<std::vector<std::byte>> bytes_;
};

const std::string kFp8 = R"({"quantization_config":{"quant_method":"fp8","weight_block_size":[128,128]}})";

/// Blocks of Q8_0 with a scale of 1/2; of element i it holds i % 32 - 16.
std::vector<std::byte> steps_of_q8_0(std::size_t blocks) {
  std::vector<std::byte> bytes;
  for (std::size_t block = 0; block < blocks; ++block) {
    bytes.push_back(std::byte{0x00});
    bytes.push_back(std::byte{0x38});
    for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<std::byte>(i - 16));
  }
  return bytes;
}

std::vector<std::byte> singles(const std::vector<float>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * 4);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    store_le(std::span(bytes), i * 4, std::bit_cast<std::uint32_t>(numbers[i]));
  return bytes;
}

/// What steps_of_q8_0() stands for.
std::vector<float> steps(std::size_t count) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(static_cast<int>(i % 32) - 16) / 2;
  return numbers;
}

WeightDifference dequantized(const Model& a, const Model& b, unsigned jobs = 1) {
  return compare_models(a, b, {.dequantize = true, .jobs = jobs}, {}).weights;
}

}  // namespace

TEST_CASE("number blocks: which tensors have numbers") {
  test::MadeUpModel model;
  model.add("f16", DTypeCode::f16, {64}).add("q4", ggml_dtype(kQ4K).value(), {2, 256});
  model.add("q8_1", ggml_dtype(kQ8_1).value(), {64}).add("c64", dtype_named("C64").value(), {4});
  std::vector<Tensor>& tensors = model.tensors();
  CHECK(number_blocks(tensors[0], false)->is(NumberKind::f16));
  CHECK_FALSE(number_blocks(tensors[1], false));
  const auto blocks = number_blocks(tensors[1], true);
  REQUIRE(blocks);
  CHECK(blocks->elements() == 256);
  CHECK(blocks->bytes() == 144);
  CHECK(blocks->fits_f32());
  CHECK(blocks->bytes_of(512) == 288);
  CHECK(blocks->elements_of(288) == 512);
  CHECK_FALSE(number_blocks(tensors[2], true));
  CHECK_FALSE(number_blocks(tensors[3], true));
  // What a file says of itself is not taken for what is known.
  tensors[1].size -= 1;
  CHECK_FALSE(number_blocks(tensors[1], true));
  for (const auto& [elements, bytes, row_bytes] :
       {std::tuple(256U, 145U, 0U), std::tuple(128U, 144U, 0U), std::tuple(256U, 144U, 4U)}) {
    const PackedType other = {.codec = "ggml",
                              .name = "Q4_K",
                              .block_elements = elements,
                              .block_bytes = bytes,
                              .blocks_in_rows = true,
                              .number = kQ4K,
                              .params = {},
                              .row_bytes = row_bytes};
    Tensor tensor;
    tensor.dtype = DType(other);
    tensor.shape = {256};
    tensor.size = tensor.dtype.size_of(tensor.shape).bytes.value();
    CHECK_FALSE(number_blocks(tensor, true));
  }
}

TEST_CASE("number blocks: blocks as floats and as doubles") {
  const NumberBlocks blocks(*ggml::block_decoder(kQ8_0));
  const std::vector<std::byte> bytes = steps_of_q8_0(32);
  std::vector<float> floats(1024);
  std::vector<double> doubles(1024);
  blocks.decode(bytes, std::span(floats));
  blocks.decode(bytes, std::span(doubles));
  CHECK(floats == steps(1024));
  CHECK(std::equal(doubles.begin(), doubles.end(), floats.begin()));
}

TEST_CASE("dequantized: blocks are compared with floats of the same shape, whatever side they are on") {
  std::vector<float> numbers = steps(96);
  numbers[40] += 2;
  ModelOfBytes a;
  a.hold("changed", ggml_dtype(kQ8_0).value(), {3, 32}, steps_of_q8_0(3));
  a.hold("equal", ggml_dtype(kQ8_0).value(), {3, 32}, steps_of_q8_0(3));
  ModelOfBytes b;
  b.hold("equal", DTypeCode::f32, {3, 32}, singles(steps(96)));
  b.hold("changed", DTypeCode::f32, {3, 32}, singles(numbers));
  for (const auto& [x, y] : {std::pair<const Model*, const Model*>(&a, &b), {&b, &a}}) {
    const WeightDifference found = dequantized(*x, *y);
    REQUIRE(found.tensors.size() == 2);
    const TensorDifference& changed = found.tensors[0];
    CHECK(changed.kind == Kind::form);
    CHECK(changed.a->name == "changed");
    REQUIRE(changed.numeric);
    CHECK(changed.numeric->pairs == 96);
    CHECK(changed.numeric->max == 2);
    CHECK(changed.numeric->max_element == 40);
    CHECK(changed.numeric->squares == 4);
    CHECK_FALSE(changed.numeric->equal());
    REQUIRE(found.tensors[1].numeric);
    CHECK(found.tensors[1].numeric->equal());
    CHECK(found.tensors[1].numeric->pairs == 96);
  }
  // Without being asked for, blocks are not unpacked.
  for (const TensorDifference& tensor : compare_models(a, b, {.numeric = true}, {}).weights.tensors)
    CHECK_FALSE(tensor.numeric);
}

TEST_CASE("dequantized: blocks of one type are compared by bytes and by numbers") {
  std::vector<std::byte> bytes = steps_of_q8_0(2);
  bytes[34 + 2 + 5] = std::byte{0};  // element 37: -11 -> 0
  ModelOfBytes a;
  a.hold("t", ggml_dtype(kQ8_0).value(), {64}, steps_of_q8_0(2));
  ModelOfBytes b;
  b.hold("t", ggml_dtype(kQ8_0).value(), {64}, bytes);
  const WeightDifference found = dequantized(a, b);
  REQUIRE(found.tensors.size() == 1);
  CHECK(found.tensors[0].kind == Kind::bytes);
  CHECK(found.tensors[0].bytes.changed == 1);
  CHECK(found.tensors[0].bytes.first == 41);
  REQUIRE(found.tensors[0].numeric);
  CHECK(found.tensors[0].numeric->max == 5.5);
  CHECK(found.tensors[0].numeric->max_element == 37);
  CHECK(dequantized(a, a).tensors.empty());
}

TEST_CASE("dequantized: what has no numbers comes first, then the worst, whatever kind of change it is") {
  ModelOfBytes a;
  ModelOfBytes b;
  const auto f32 = [](float number) { return singles(std::vector<float>(32, number)); };
  const auto changed = [&](std::string name, float number) {
    a.hold(name, DTypeCode::f32, {32}, f32(1));
    b.hold(name, DTypeCode::f32, {32}, f32(number));
  };
  a.hold("a.quantized", ggml_dtype(kQ8_0).value(), {32}, steps_of_q8_0(1));
  b.hold("a.quantized", DTypeCode::f32, {32}, singles(steps(32)));
  changed("b.little", 1.125F);
  changed("c.much", 5);
  a.hold("d.unknown", ggml_dtype(kQ8_1).value(), {32}, std::vector<std::byte>(36));
  b.hold("d.unknown", DTypeCode::f32, {32}, f32(1));
  a.hold("e.shape", DTypeCode::f32, {32}, f32(1));
  b.hold("e.shape", DTypeCode::f32, {4, 8}, f32(1));
  a.hold("f.unknown, bytes", ggml_dtype(kQ8_1).value(), {32}, std::vector<std::byte>(36));
  b.hold("f.unknown, bytes", ggml_dtype(kQ8_1).value(), {32}, std::vector<std::byte>(36, std::byte{1}));
  const WeightDifference found = dequantized(a, b);
  std::vector<std::string> names;
  for (const TensorDifference& tensor : found.tensors) names.push_back(tensor.a->name);
  CHECK(names == std::vector<std::string>{"d.unknown", "e.shape", "f.unknown, bytes", "c.much", "b.little",
                                          "a.quantized"});

  const std::vector<TypeDifference> types = by_type(found);
  std::vector<std::string> texts;
  for (const TypeDifference& type : types)
    texts.push_back(type.a + " " + type.b + " " + std::to_string(type.tensors) + (type.numeric ? "" : " -"));
  CHECK(texts ==
        std::vector<std::string>{"F32 F32 1 -", "Q8_1 F32 1 -", "Q8_1 Q8_1 1 -", "F32 F32 2", "Q8_0 F32 1"});
  CHECK(types[3].numeric->pairs == 64);
  CHECK(types[3].numeric->max == 4);
  CHECK(types[3].numeric->squares == 32 * (16 + 1.0 / 64));
  CHECK(types[4].numeric->equal());
  const TypeDifference all = all_types(types);
  CHECK(all.tensors == 3);
  CHECK(all.numeric->pairs == 96);
  CHECK(all.numeric->squares == types[3].numeric->squares);
}

TEST_CASE("dequantized: codes whose scales lie beside them are values, where the configuration says which") {
  const DType f8 = dtype_named("F8_E4M3").value();
  const std::vector<std::byte> codes(16, std::byte{0x38});
  ModelOfBytes a;
  a.hold("m.weight", f8, {4, 4}, codes).hold("m.weight_scale_inv", DTypeCode::f32, {1, 1}, singles({2}));
  const std::vector<std::byte> ones = singles(std::vector<float>(16, 1));
  a.hold("free.weight", DTypeCode::f32, {4, 4}, ones);
  ModelOfBytes b;
  b.hold("m.weight", DTypeCode::f32, {4, 4}, ones).hold("free.weight", DTypeCode::f32, {4, 4}, ones);
  for (const auto& [x, y] : {std::pair<const Model*, const Model*>(&a, &b), {&b, &a}}) {
    CHECK_THROWS_AS(dequantized(*x, *y), UnsupportedError);
    for (const TensorDifference& tensor : compare_models(*x, *y, {.numeric = true}, {}).weights.tensors) {
      CHECK(tensor.numeric.has_value() == (tensor.a != nullptr && tensor.b != nullptr));
    }
  }
  a.configuration = kFp8;
  const WeightDifference found = dequantized(a, b);
  CHECK(found.in_both == 2);
  REQUIRE(found.tensors.size() == 1);
  const TensorDifference& weight = found.tensors[0];
  CHECK(weight.a->name == "m.weight");
  CHECK(weight.a->dtype.name() == "FP8 block");
  CHECK(weight.a->size == 20);
  CHECK(weight.in_parts);
  CHECK(weight.kind == Kind::form);
  CHECK(weight.numeric->max == 1);
  CHECK(weight.numeric->squares == 16);
}

TEST_CASE("dequantized: large quantized weights of both, to the last bit whatever the number of threads") {
  constexpr std::size_t kSide = 1500;
  constexpr std::size_t kBlocks = 12;
  const DType f8 = dtype_named("F8_E4M3").value();
  std::mt19937_64 random(11);
  std::vector<std::byte> codes(kSide * kSide);
  for (std::byte& code : codes) code = static_cast<std::byte>(random() % 0x78);
  std::vector<float> scales(kBlocks * kBlocks);
  for (float& scale : scales) scale = 0.25F + static_cast<float>(random() % 4096) / 8192;
  const auto fill = [&](ModelOfBytes& model, const std::vector<std::byte>& of, float by) {
    std::vector<float> scaled = scales;
    for (float& scale : scaled) scale *= by;
    model.hold("m.weight", f8, {kSide, kSide}, of);
    model.hold("m.weight_scale_inv", DTypeCode::f32, {kBlocks, kBlocks}, singles(scaled));
    model.configuration = kFp8;
  };
  // Two codes of the same exponent, one step apart: 8 and 9 times 2^-6.
  std::vector<std::byte> other = codes;
  const std::size_t at = kSide * 700 + 900;
  codes[at] = std::byte{0x20};
  other[at] = std::byte{0x21};
  ModelOfBytes b;
  fill(b, codes, 1);
  ModelOfBytes c;
  fill(c, other, 1);
  ModelOfBytes twice;
  fill(twice, codes, 2);
  CHECK(dequantized(b, b).tensors.empty());
  const TensorDifference one = dequantized(b, c).tensors.at(0);
  CHECK(one.kind == Kind::bytes);
  CHECK(one.bytes.changed == 1);
  CHECK(one.numeric->max_element == at);
  CHECK(one.numeric->max == 0x1p-6 * static_cast<double>(scales[700 / 128 * kBlocks + 900 / 128]));
  CHECK(one.numeric->pairs == kSide * kSide);
  const NumericDifference doubled = dequantized(b, twice).tensors.at(0).numeric.value();
  CHECK(doubled.squares == doubled.squares_a);
  CHECK(doubled.squares_b == 4 * doubled.squares_a);
  for (const unsigned jobs : {2U, 5U}) {
    const NumericDifference more = dequantized(b, twice, jobs).tensors.at(0).numeric.value();
    CHECK(more.sum == doubled.sum);
    CHECK(more.squares == doubled.squares);
    CHECK(more.dot == doubled.dot);
  }
}

TEST_CASE("dequantized: many blocks, to the last bit whatever the number of threads") {
  // As wide as it gets beside blocks: they are read in several steps.
  constexpr std::size_t kBlocks = 5000;
  std::mt19937_64 random(7);
  std::vector<std::byte> blocks(kBlocks * 144);
  for (std::byte& byte : blocks) byte = static_cast<std::byte>(random() % 0x3c);
  std::vector<float> decoded(kBlocks * 256);
  ggml::block_decoder(kQ4K)->decode(blocks, decoded);
  std::vector<std::byte> doubles(decoded.size() * 8);
  double squares = 0;
  double largest = 0;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const double other = decoded[i] * (1 + static_cast<double>(random() % 1000) / 1e5);
    store_le(std::span(doubles), i * 8, std::bit_cast<std::uint64_t>(other));
    squares += (other - decoded[i]) * (other - decoded[i]);
    largest = std::max(largest, std::fabs(other - decoded[i]));
  }
  ModelOfBytes a;
  a.hold("t", ggml_dtype(kQ4K).value(), {kBlocks, 256}, blocks);
  ModelOfBytes b;
  b.hold("t", DTypeCode::f64, {kBlocks, 256}, doubles);
  for (const auto& [x, y] : {std::pair<const Model*, const Model*>(&a, &b), {&b, &a}}) {
    const NumericDifference one = dequantized(*x, *y).tensors.at(0).numeric.value();
    CHECK(one.pairs == decoded.size());
    CHECK(one.max == largest);
    CHECK(one.squares == doctest::Approx(squares));
    for (const unsigned jobs : {2U, 5U}) {
      const NumericDifference more = dequantized(*x, *y, jobs).tensors.at(0).numeric.value();
      CHECK(more.max_element == one.max_element);
      CHECK(more.sum == one.sum);
      CHECK(more.squares == one.squares);
      CHECK(more.dot == one.dot);
      CHECK(more.squares_a == one.squares_a);
      CHECK(more.squares_b == one.squares_b);
    }
  }
}
