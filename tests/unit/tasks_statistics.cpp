// Statistics of numbers, against values worked out by hand.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "hash/blake3.hpp"
#include "model/ggml_dtype.hpp"
#include "plan_fixture.hpp"
#include "tasks/statistics/statistics.hpp"
#include "vectors.hpp"

using namespace aerotool;
using namespace aerotool::tasks;

namespace {

constexpr double kHuge = std::numeric_limits<double>::max();

template <typename Bits>
std::vector<std::byte> stored(const std::vector<Bits>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(Bits));
  for (std::size_t i = 0; i < elements.size(); ++i) store_le(std::span(bytes), i * sizeof(Bits), elements[i]);
  return bytes;
}

template <typename Bits>
NumberSummary summary_of(NumberKind kind, const std::vector<Bits>& elements) {
  return summarize(kind, stored(elements));
}

NumberSummary summary_of_doubles(const std::vector<double>& numbers) {
  std::vector<std::uint64_t> bits;
  for (const double number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(number));
  return summary_of(NumberKind::f64, bits);
}

Value min_of(const DType& dtype, const NumberSummary& summary) {
  return exact_extreme(dtype, summary.min);
}

Value max_of(const DType& dtype, const NumberSummary& summary) {
  return exact_extreme(dtype, summary.max);
}

/// The same bits in everything that is told.
bool same(const NumberSummary& a, const NumberSummary& b) {
  return a.count() == b.count() && a.zeros == b.zeros && a.nan == b.nan && a.infinite == b.infinite &&
         a.min == b.min && a.max == b.max && a.mean() == b.mean() && a.deviation() == b.deviation() &&
         a.octaves.histogram().counts == b.octaves.histogram().counts &&
         a.octaves.histogram().edges == b.octaves.histogram().edges;
}

/// One whose bytes look like anything.
struct NoisyModel final : test::MadeUpModel {
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::byte>((tensor + 1) * (offset + i) * 0x9e3779b97f4a7c15 >> 56);
  }
};

}  // namespace

TEST_CASE("statistics: runs are put together in their order, whatever order they come in") {
  struct Text {
    std::string text;
    void append(const Text& next) { text += next.text; }
  };
  InOrder<Text> whole;
  whole.add(4, 6, {"c"});
  whole.add(1, 4, {"b"});
  CHECK(whole.total().text.empty());
  whole.add(0, 1, {"a"});
  CHECK(whole.total().text == "abc");
  whole.add(6, 7, {"d"});
  CHECK(whole.total().text == "abcd");
}

TEST_CASE("octaves: what lies between two powers of two, farther from 0 at an edge") {
  Octaves octaves;
  octaves.add(3, false, 2);
  octaves.add(1, true, 5);
  octaves.add(0, false, 1);
  octaves.add_smallest(7);
  const Octaves::Histogram histogram = octaves.histogram();
  CHECK(histogram.edges == std::vector<double>{-4, -2, -1, 1, 2, 4, 8, 16});
  CHECK(histogram.counts == std::vector<std::uint64_t>{5, 0, 7, 1, 0, 0, 2});
  CHECK(octaves.bars() == std::array<std::uint64_t, 15>{0, 0, 5, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 2});
}

TEST_CASE("octaves: without any there is the bin around 0, and past the largest double no edge") {
  Octaves octaves;
  octaves.add_smallest(3);
  CHECK(octaves.histogram().edges == std::vector<double>{-1, 1});
  CHECK(octaves.histogram().counts == std::vector<std::uint64_t>{3});
  octaves.add(1023, false, 1);
  CHECK(octaves.histogram().edges == std::vector<double>{-0x1p1023, 0x1p1023, kHuge});
}

TEST_CASE("octaves: twelve from the largest down, whatever order they come in") {
  Octaves up;
  Octaves down;
  Octaves apart;
  for (int i = 0; i < 40; ++i) {
    const auto count = [](int exponent) { return static_cast<std::uint64_t>(exponent) + 1; };
    up.add(i, i % 2 == 0, count(i));
    down.add(39 - i, (39 - i) % 2 == 0, count(39 - i));
    Octaves one;
    one.add((i * 7) % 40, (i * 7) % 2 == 0, count((i * 7) % 40));
    apart.append(one);
  }
  const Octaves::Histogram histogram = up.histogram();
  CHECK(histogram.edges.front() == -0x1p39);
  CHECK(histogram.edges.back() == 0x1p40);
  REQUIRE(histogram.counts.size() == 24);                        // one of the largest octave is positive
  CHECK(histogram.counts.at(11) == std::uint64_t{28} * 29 / 2);  // below 2^28
  for (const Octaves* const other : {&down, &apart}) {
    CHECK(other->histogram().edges == histogram.edges);
    CHECK(other->histogram().counts == histogram.counts);
    CHECK(other->bars() == up.bars());
  }
}

TEST_CASE("statistics: F64, by hand") {
  const NumberSummary summary = summary_of_doubles({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(summary.count() == 8);
  CHECK(summary.mean() == 5);
  CHECK(summary.deviation() == 2);
  CHECK(min_of(DTypeCode::f64, summary) == Value::f64(2));
  CHECK(max_of(DTypeCode::f64, summary) == Value::f64(9));
  CHECK(summary.octaves.histogram().counts == std::vector<std::uint64_t>{0, 1, 6, 1});
}

TEST_CASE("statistics: NaN and infinities are counted, and nothing else") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const NumberSummary summary = summary_of_doubles({nan, 1, -kInfinity, kInfinity, -nan, 3});
  CHECK(summary.nan == 2);
  CHECK(summary.infinite == 2);
  CHECK(summary.count() == 6);
  CHECK(summary.mean() == 2);
  CHECK(summary.deviation() == 1);
  CHECK(summary.octaves.histogram().counts == std::vector<std::uint64_t>{0, 1, 1});
  const NumberSummary none = summary_of_doubles({nan, kInfinity});
  CHECK_FALSE(none.mean());
  CHECK_FALSE(none.deviation());
  CHECK(none.moments.count == 0);
}

TEST_CASE("statistics: of no elements there are none") {
  const NumberSummary summary = summary_of_doubles({});
  CHECK(summary.count() == 0);
  CHECK_FALSE(summary.mean());
}

TEST_CASE("statistics: -0 is a zero, and shows as 0") {
  const NumberSummary summary = summary_of_doubles({-0.0, 1, 0.0});
  CHECK(summary.zeros == 2);
  CHECK(min_of(DTypeCode::f64, summary) == Value::f64(0));
  CHECK(max_of(DTypeCode::f64, summary_of_doubles({-1, -0.0})) == Value::f64(0));
}

TEST_CASE("statistics: what doubles do not hold is not told") {
  const NumberSummary summary = summary_of_doubles({kHuge, kHuge, -kHuge});
  CHECK(max_of(DTypeCode::f64, summary) == Value::f64(kHuge));
  CHECK(min_of(DTypeCode::f64, summary) == Value::f64(-kHuge));
  CHECK_FALSE(summary.mean());
  CHECK_FALSE(summary.deviation());
}

TEST_CASE("statistics: a small spread far from 0 keeps its digits") {
  std::vector<double> numbers;
  for (int i = 0; i < 5000; ++i) numbers.push_back(1e9 + (i % 2));
  const NumberSummary summary = summary_of_doubles(numbers);
  CHECK(summary.mean() == 1e9 + 0.5);
  CHECK(summary.deviation() == 0.5);
}

TEST_CASE("statistics: F32, F16, BF16 and the F8 types") {
  const NumberSummary f32 = summary_of<std::uint32_t>(NumberKind::f32, {0x3f800000, 0xc0400000, 0x00000001});
  CHECK(max_of(DTypeCode::f32, f32) == Value::f32(1));
  CHECK(min_of(DTypeCode::f32, f32) == Value::f32(-3));
  CHECK(f32.zeros == 0);
  // The smallest subnormal number is in the bin around 0.
  CHECK(f32.octaves.histogram().counts == std::vector<std::uint64_t>{1, 0, 1, 1});

  const NumberSummary f16 =
      summary_of<std::uint16_t>(NumberKind::f16, {0x7bff, 0xfc00, 0x7e00, 0x0001, 0x8000});
  CHECK(max_of(DTypeCode::f16, f16) == Value::f32(65504));
  CHECK(f16.nan == 1);
  CHECK(f16.infinite == 1);
  CHECK(f16.zeros == 1);
  CHECK(f16.mean() == (65504 + 0x1p-24) / 3);

  const NumberSummary bf16 = summary_of<std::uint16_t>(NumberKind::bf16, {0x0001, 0x8001, 0x0003, 0x0000});
  CHECK(min_of(DTypeCode::bf16, bf16) == Value::f32(-0x1p-133F));
  CHECK(max_of(DTypeCode::bf16, bf16) == Value::f32(0x3p-133F));
  CHECK(bf16.zeros == 1);
  CHECK(bf16.mean() == 0x3p-135);
  CHECK(bf16.octaves.histogram().counts == std::vector<std::uint64_t>{4});

  const NumberSummary e4m3 =
      summary_of<std::uint8_t>(NumberKind::f8_e4m3, {0x00, 0x80, 0x38, 0xb8, 0x7e, 0x7f, 0xff});
  CHECK(e4m3.nan == 2);
  CHECK(e4m3.zeros == 2);
  CHECK(min_of(dtype_named("F8_E4M3").value(), e4m3) == Value::f32(-1));
  CHECK(max_of(dtype_named("F8_E4M3").value(), e4m3) == Value::f32(448));
  CHECK(e4m3.mean() == 448.0 / 5);

  const NumberSummary e5m2 = summary_of<std::uint8_t>(NumberKind::f8_e5m2, {0x7b, 0x7c, 0xfc, 0x7d, 0x3c});
  CHECK(e5m2.infinite == 2);
  CHECK(e5m2.nan == 1);
  CHECK(e5m2.mean() == (57344.0 + 1) / 2);

  CHECK(summary_of<std::uint8_t>(NumberKind::f8_e4m3fnuz, {0x80, 0x40}).nan == 1);
  CHECK(summary_of<std::uint8_t>(NumberKind::f8_e4m3fnuz, {0x80, 0x40}).mean() == 1);
  CHECK(summary_of<std::uint8_t>(NumberKind::f8_e5m2fnuz, {0x80, 0x40}).mean() == 1);
  const NumberSummary e8m0 = summary_of<std::uint8_t>(NumberKind::f8_e8m0, {0xff, 127, 129});
  CHECK(e8m0.nan == 1);
  CHECK(e8m0.mean() == 2.5);
}

TEST_CASE("statistics: integers, up to their ends") {
  const NumberSummary i8 = summary_of<std::uint8_t>(NumberKind::i8, {0x80, 0x7f, 0x00, 0x00});
  CHECK(min_of(DTypeCode::i8, i8) == Value::i64(-128));
  CHECK(max_of(DTypeCode::i8, i8) == Value::i64(127));
  CHECK(i8.mean() == -0.25);
  CHECK(i8.zeros == 2);
  CHECK(i8.octaves.histogram().edges == std::vector<double>{-256, -128, -64, 64, 128});
  CHECK(i8.octaves.histogram().counts == std::vector<std::uint64_t>{1, 0, 2, 1});
  CHECK(max_of(DTypeCode::u8, summary_of<std::uint8_t>(NumberKind::u8, {0xff, 1})) == Value::i64(255));
  CHECK(min_of(DTypeCode::i16, summary_of<std::uint16_t>(NumberKind::i16, {0x8000})) == Value::i64(-32768));
  CHECK(max_of(DTypeCode::u16, summary_of<std::uint16_t>(NumberKind::u16, {0xffff})) == Value::i64(65535));
  CHECK(min_of(DTypeCode::i32, summary_of<std::uint32_t>(NumberKind::i32, {0x80000000, 1})) ==
        Value::i64(-2147483648LL));
  CHECK(max_of(DTypeCode::u32, summary_of<std::uint32_t>(NumberKind::u32, {0xffffffff})) ==
        Value::i64(4294967295LL));

  constexpr std::uint64_t kOdd = (std::uint64_t{1} << 53) + 1;  // no double
  const NumberSummary i64 = summary_of<std::uint64_t>(NumberKind::i64, {kOdd, ~kOdd + 1, 0, kOdd - 1});
  CHECK(min_of(DTypeCode::i64, i64) == Value::i64(-static_cast<std::int64_t>(kOdd)));
  CHECK(max_of(DTypeCode::i64, i64) == Value::i64(static_cast<std::int64_t>(kOdd)));
  CHECK(i64.zeros == 1);
  const NumberSummary ends =
      summary_of<std::uint64_t>(NumberKind::i64, {std::uint64_t{1} << 63, ~std::uint64_t{0} >> 1});
  CHECK(min_of(DTypeCode::i64, ends) == Value::i64(std::numeric_limits<std::int64_t>::min()));
  CHECK(max_of(DTypeCode::i64, ends) == Value::i64(std::numeric_limits<std::int64_t>::max()));
  const NumberSummary u64 = summary_of<std::uint64_t>(NumberKind::u64, {~std::uint64_t{0}, kOdd});
  CHECK(min_of(DTypeCode::u64, u64) == Value::u64(kOdd));
  CHECK(max_of(DTypeCode::u64, u64) == Value::u64(~std::uint64_t{0}));
}

TEST_CASE("statistics: ggml's blocks are decoded") {
  const DType q8_0 = ggml_dtype(8).value();
  Tensor tensor;
  tensor.dtype = q8_0;
  tensor.shape = {2, 32};
  tensor.size = 68;
  std::vector<std::byte> bytes(68);
  for (std::size_t block = 0; block < 2; ++block) {
    store_le(std::span(bytes), block * 34, std::uint16_t{0x3800});  // 0.5
    for (std::size_t i = 0; i < 32; ++i) bytes[block * 34 + 2 + i] = static_cast<std::byte>(i - 16 * block);
  }
  const NumberSummary summary = summarize(number_blocks(tensor, true).value(), bytes);
  CHECK(summary.count() == 64);
  CHECK(summary.zeros == 2);
  CHECK(min_of(q8_0, summary) == Value::f32(-8));
  CHECK(max_of(q8_0, summary) == Value::f32(15.5F));
  CHECK(summary.mean() == 3.75);
  // Of 0.5 x (0..31) the variance is 0.25 x (32^2 - 1) / 12; the means of both blocks are 4 from that of all.
  CHECK(summary.deviation().value() == doctest::Approx(std::sqrt(0.25 * 1023 / 12 + 16)).epsilon(1e-15));
}

TEST_CASE("statistics: vectors of any length give the same bits") {
  std::vector<std::byte> bytes(40000);
  std::mt19937 random(7);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (const NumberKind kind : {NumberKind::bf16, NumberKind::f32, NumberKind::f64, NumberKind::i64}) {
    const NumberSummary usual = summarize(kind, bytes);
    for_all_vectors([&](Vectors) { CHECK(same(summarize(kind, bytes), usual)); });
  }
}

TEST_CASE("statistics: of tensors, the same for any number of jobs") {
  NoisyModel model;
  model.add("a", DTypeCode::bf16, {900, 1000})
      .add("b", DTypeCode::boolean, {4})
      .add("c", DTypeCode::i64, {0});
  model.add("d", ggml_dtype(12).value(), {4, 65536}).add("e", dtype_named("C64").value(), {2});
  model.add("f", dtype_named("F6_E2M3").value(), {4}).add("g", DTypeCode::f64, {300, 1000});
  const std::vector<std::size_t> tensors = {6, 0, 1, 2, 3, 4, 5};
  const Statistics one(model, tensors, 1, {});
  const Statistics four(model, tensors, 4, {});
  for (std::size_t place = 0; place < tensors.size(); ++place) {
    CAPTURE(place);
    const std::string reason = why_no_statistics(one.tensor(place));
    CHECK(reason.empty() == (one.of(place) != nullptr));
    if (one.of(place) != nullptr) CHECK(same(*one.of(place), *four.of(place)));
  }
  CHECK(one.of(0)->count() == 300000);
  CHECK(one.of(1)->count() == 900000);
  CHECK(one.of(1)->nan != 0);
  CHECK(one.of(3)->count() == 0);
  CHECK(one.of(4)->count() == 262144);
  CHECK(why_no_statistics(one.tensor(2)) == "truth values");
  CHECK(why_no_statistics(one.tensor(5)) == "complex numbers");
  CHECK(why_no_statistics(one.tensor(6)) == "not decoded");
}

TEST_CASE("statistics: bytes are held to the hashes that the model carries") {
  test::MadeUpModel model;
  model.add("right", DTypeCode::u8, {2}).add("wrong", DTypeCode::u8, {3});
  model.tensors()[0].digest = hash::blake3(bytes_of(std::string_view("\0\1", 2)));
  model.tensors()[1].digest = Digest{};
  const std::vector<std::size_t> right = {0};
  CHECK(Statistics(model, right, 1, {}).of(0)->mean() == 0.5);
  const std::vector<std::size_t> both = {0, 1};
  CHECK_THROWS_WITH_AS(Statistics(model, both, 1, {}), doctest::Contains("wrong"), CorruptError);
}
