// Elements as numbers, and the statistics over them.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "model/ggml_dtype.hpp"
#include "tasks/compare/elements.hpp"
#include "tasks/compare/numeric.hpp"

using namespace aerotool;
using namespace aerotool::tasks;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <typename Bits>
std::vector<std::byte> packed(const std::vector<Bits>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(Bits));
  for (std::size_t i = 0; i < elements.size(); ++i) store_le(std::span(bytes), i * sizeof(Bits), elements[i]);
  return bytes;
}

std::vector<std::byte> doubles(const std::vector<double>& numbers) {
  std::vector<std::uint64_t> bits;
  for (const double number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(number));
  return packed(bits);
}

template <typename Bits>
double decoded(NumberKind kind, Bits bits) {
  double number = 0;
  decode(kind, packed(std::vector<Bits>{bits}), std::span(&number, 1));
  return number;
}

/// The same number, zeros by their sign, or NaNs of the same sign.
bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) && std::signbit(a) == std::signbit(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

/// A small float by the definition: sign, exponent and fraction, with subnormals.
double by_definition(unsigned bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto fraction = static_cast<int>(bits & ((1U << fraction_bits) - 1));
  const auto exponent = static_cast<int>(bits >> fraction_bits & ((1U << exponent_bits) - 1));
  const bool negative = (bits >> (exponent_bits + fraction_bits) & 1) != 0;
  double value = 0;
  if (exponent == (1 << exponent_bits) - 1) {
    value = fraction == 0 ? kInfinity : kNaN;
  } else if (exponent == 0) {
    value = std::ldexp(fraction, 1 - bias - fraction_bits);
  } else {
    value = std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  }
  return negative ? -value : value;
}

NumericDifference compare_doubles(const std::vector<double>& a, const std::vector<double>& b) {
  return compare_numbers(NumberKind::f64, doubles(a), NumberKind::f64, doubles(b), 0);
}

}  // namespace

TEST_CASE("elements: every F16 is what its fields say") {
  std::size_t wrong = 0;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (!same(decoded(NumberKind::f16, half), by_definition(bits, 5, 10))) ++wrong;
    if (!same(exact_value(NumberKind::f16, half).as_double(), by_definition(bits, 5, 10))) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(decoded(NumberKind::f16, std::uint16_t{1}) == 0x1p-24);
  CHECK(decoded(NumberKind::f16, std::uint16_t{0x7bff}) == 65504);
}

TEST_CASE("elements: every BF16 is the upper half of an F32") {
  std::size_t wrong = 0;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const double number = decoded(NumberKind::bf16, static_cast<std::uint16_t>(bits));
    if (!same(number, std::bit_cast<float>(bits << 16))) ++wrong;
    if (!same(number, by_definition(bits, 8, 7))) ++wrong;
    if (!same(exact_value(NumberKind::bf16, bits).as_double(), number)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("elements: every F8_E5M2 and F8_E4M3") {
  for (unsigned bits = 0; bits < 0x100; ++bits) {
    CAPTURE(bits);
    CHECK(same(decoded(NumberKind::f8_e5m2, static_cast<std::uint8_t>(bits)), by_definition(bits, 5, 2)));
    // E4M3 has no infinities: its highest exponent is one more for numbers, but for a single NaN.
    double e4m3 = by_definition(bits, 4, 3);
    if ((bits & 0x78) == 0x78) e4m3 = std::ldexp(8 + (bits & 7), 5) * ((bits & 0x80) != 0 ? -1 : 1);
    if ((bits & 0x7f) == 0x7f) e4m3 = (bits & 0x80) != 0 ? -kNaN : kNaN;
    CHECK(same(decoded(NumberKind::f8_e4m3, static_cast<std::uint8_t>(bits)), e4m3));
  }
  CHECK(decoded(NumberKind::f8_e4m3, std::uint8_t{0x7e}) == 448);
}

TEST_CASE("elements: integers and booleans") {
  CHECK(decoded(NumberKind::i8, std::uint8_t{0x80}) == -128);
  CHECK(decoded(NumberKind::u8, std::uint8_t{0x80}) == 128);
  CHECK(decoded(NumberKind::i16, std::uint16_t{0x8000}) == -32768);
  CHECK(decoded(NumberKind::u16, std::uint16_t{0xffff}) == 65535);
  CHECK(decoded(NumberKind::i32, std::uint32_t{0x80000000}) == -2147483648.0);
  CHECK(decoded(NumberKind::u32, std::uint32_t{0xffffffff}) == 4294967295.0);
  CHECK(decoded(NumberKind::i64, ~std::uint64_t{0}) == -1);
  CHECK(decoded(NumberKind::u64, ~std::uint64_t{0}) == 0x1p64);
  CHECK(decoded(NumberKind::u64, (std::uint64_t{1} << 53) + 1) == 0x1p53);
  CHECK(decoded(NumberKind::boolean, std::uint8_t{0}) == 0);
  CHECK(decoded(NumberKind::boolean, std::uint8_t{7}) == 1);
  // As they are shown they are exact.
  CHECK(exact_value(NumberKind::u64, ~std::uint64_t{0}) == Value::u64(~std::uint64_t{0}));
  CHECK(static_cast<std::int64_t>(exact_value(NumberKind::i8, 0x80).bits) == -128);
  CHECK(static_cast<std::int64_t>(exact_value(NumberKind::i32, 0xffffffff).bits) == -1);
}

TEST_CASE("elements: which dtypes are numbers") {
  CHECK(number_kind(DTypeCode::bf16) == NumberKind::bf16);
  CHECK(number_kind(DTypeCode::boolean) == NumberKind::boolean);
  CHECK(number_kind(dtype_named("F8_E4M3").value()) == NumberKind::f8_e4m3);
  CHECK(number_kind(dtype_named("F8_E5M2").value()) == NumberKind::f8_e5m2);
  CHECK(number_kind(dtype_named("F8_E4M3FNUZ").value()) == NumberKind::f8_e4m3fnuz);
  CHECK(number_kind(dtype_named("F8_E8M0").value()) == NumberKind::f8_e8m0);
  CHECK_FALSE(number_kind(dtype_named("C64").value()));
  CHECK_FALSE(number_kind(ggml_dtype(12).value()));
  const PackedType other = {.codec = "mine",
                            .name = "F8_E4M3",
                            .block_elements = 1,
                            .block_bytes = 1,
                            .blocks_in_rows = false,
                            .number = {},
                            .params = {}};
  CHECK_FALSE(number_kind(DType(other)));
  for (const DTypeCode code : {DTypeCode::f16, DTypeCode::f32, DTypeCode::bf16, DTypeCode::f64, DTypeCode::i8,
                               DTypeCode::u8, DTypeCode::i16, DTypeCode::u16, DTypeCode::i32, DTypeCode::u32,
                               DTypeCode::i64, DTypeCode::u64, DTypeCode::boolean}) {
    CHECK(width_of(number_kind(code).value()) * 8 == DType(code).bits());
  }
}

TEST_CASE("elements: what floats hold is the same as floats and as doubles") {
  std::mt19937 random(3);
  for (const NumberKind kind :
       {NumberKind::f32, NumberKind::bf16, NumberKind::f16, NumberKind::f8_e4m3, NumberKind::f8_e5m2,
        NumberKind::f8_e4m3fnuz, NumberKind::f8_e5m2fnuz, NumberKind::f8_e8m0, NumberKind::i8,
        NumberKind::i16, NumberKind::u8, NumberKind::u16, NumberKind::boolean}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(fits_f32(kind));
    constexpr std::size_t kCount = 1000;
    std::vector<std::byte> bytes(kCount * width_of(kind));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
    std::vector<float> floats(kCount);
    std::vector<double> numbers(kCount);
    decode(kind, bytes, std::span(floats));
    decode(kind, bytes, std::span(numbers));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kCount; ++i) wrong += same(floats[i], numbers[i]) ? 0 : 1;
    CHECK(wrong == 0);
  }
  for (const NumberKind kind :
       {NumberKind::f64, NumberKind::i32, NumberKind::u32, NumberKind::i64, NumberKind::u64}) {
    CHECK_FALSE(fits_f32(kind));
  }
}

TEST_CASE("numeric: sums over a few pairs") {
  const NumericDifference found = compare_doubles({1, 2, -3, 0}, {1, 4, 1, 0});
  CHECK(found.pairs == 4);
  CHECK(found.max == 4);
  CHECK(found.max_element == 2);
  CHECK(found.mean() == 1.5);
  CHECK(found.rms() == std::sqrt(20.0 / 4));
  CHECK(found.cosine().value() == doctest::Approx(6 / std::sqrt(14.0 * 18.0)));
  CHECK(found.relative() == std::sqrt(20.0 / 18.0));
  CHECK(found.gravity() == found.relative());
  CHECK(found.signal_to_noise().value() == doctest::Approx(10 * std::log10(18.0 / 20.0)));
  CHECK_FALSE(found.equal());
}

TEST_CASE("numeric: the signal is that of the larger side, so that the order of both does not count") {
  const NumericDifference found = compare_doubles({10, -10, 10, 10}, {9, -9, 9, 9});
  CHECK(found.signal_to_noise().value() == doctest::Approx(20));
  CHECK(compare_doubles({9, -9, 9, 9}, {10, -10, 10, 10}).signal_to_noise() == found.signal_to_noise());
  CHECK(compare_doubles({1, 2}, {1, 2}).signal_to_noise() == kInfinity);
  CHECK(compare_doubles({0}, {0}).signal_to_noise() == kInfinity);
  CHECK(same(compare_doubles({1}, {0}).signal_to_noise().value(), 0));
  // Where nothing is left of squares, too.
  CHECK(compare_doubles({1e-200}, {0.9e-200}).signal_to_noise().value() == doctest::Approx(20));
}

TEST_CASE("numeric: only pairs of finite numbers count") {
  const NumericDifference found =
      compare_doubles({kNaN, 1, kInfinity, -kInfinity, 5, kInfinity}, {1, kNaN, kInfinity, 7, 6, kNaN});
  CHECK(found.pairs == 1);
  CHECK(found.nan_a == 1);
  CHECK(found.nan_b == 2);
  CHECK(found.inf_a == 3);
  CHECK(found.inf_b == 1);
  CHECK(found.max == 1);
  CHECK(found.max_element == 4);
  CHECK(found.unlike == 4);
  CHECK(found.mean() == 1.0);
  CHECK(found.relative() == 1.0 / 6);
  CHECK(found.gravity() == kInfinity);
  CHECK_FALSE(found.equal());
}

TEST_CASE("numeric: pairs that are unlike, whatever the counts of both sides") {
  const auto unlike = [](const std::vector<double>& a, const std::vector<double>& b) {
    const NumericDifference found = compare_doubles(a, b);
    CHECK((found.gravity() == kInfinity) == (found.unlike != 0));
    return found.unlike;
  };
  // Infinities that change their sign, NaNs and infinities that move.
  CHECK(unlike({kInfinity, kInfinity, 1}, {-kInfinity, -kInfinity, 1}) == 2);
  CHECK(unlike({kNaN, 1}, {1, kNaN}) == 2);
  CHECK(unlike({kInfinity, 1}, {1, kInfinity}) == 2);
  CHECK(unlike({kNaN, kInfinity}, {kInfinity, kNaN}) == 2);
  // The same NaN or another one at the same place, and the same infinity.
  CHECK(unlike({kNaN, kInfinity, -kInfinity, 1}, {-kNaN, kInfinity, -kInfinity, 2}) == 0);
  // Between many finite ones, in whole groups of lanes and behind them.
  std::vector<double> a(3005, 1);
  std::vector<double> b = a;
  a[0] = kNaN;
  b[1030] = kInfinity;
  a[3004] = kInfinity;
  b[3004] = -kInfinity;
  CHECK(unlike(a, b) == 3);
  NumericDifference found = compare_doubles(a, b);
  CHECK(found.pairs == 3002);
  CHECK(found.nan_a == 1);
  CHECK(found.inf_b == 2);
  found.append(compare_doubles({kNaN}, {1}));
  CHECK(found.unlike == 4);
}

TEST_CASE("numeric: the relation of numbers whose squares are too small or too large for a double") {
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(compare_doubles({least}, {0}).relative() == 1);
  CHECK(compare_doubles({least * 3}, {-least * 3}).relative() == 2);
  CHECK(compare_doubles({1e-200, 1e-200}, {1e-200, 1.5e-200}).relative().value() == doctest::Approx(1.0 / 3));
  CHECK(compare_doubles({1, 1e-200}, {1, 0}).relative() == 1e-200);
  CHECK(compare_doubles({1e200, 0}, {1e200, 1e193}).relative().value() == doctest::Approx(1e-7));
  NumericDifference found = compare_doubles({1e-300}, {1e-300});
  found.append(compare_doubles({1e-310}, {0}));
  CHECK(found.relative().value() == doctest::Approx(1e-10));
}

TEST_CASE("numeric: what is not defined") {
  const NumericDifference none = compare_doubles({kNaN}, {kNaN});
  CHECK_FALSE(none.mean());
  CHECK_FALSE(none.rms());
  CHECK_FALSE(none.cosine());
  CHECK_FALSE(none.relative());
  CHECK_FALSE(none.signal_to_noise());
  CHECK(none.gravity() == 0);
  CHECK(none.equal());
  CHECK_FALSE(compare_doubles({0, 0}, {1, 2}).cosine());
  CHECK_FALSE(compare_doubles({0}, {-0.0}).cosine());
  CHECK(compare_doubles({0}, {-0.0}).relative() == 0);
  // Exactly 1 where nothing differs, and never beyond.
  CHECK(compare_doubles({0.1, 0.7, 1e-3}, {0.1, 0.7, 1e-3}).cosine() == 1.0);
  CHECK(compare_doubles({0.1}, {-0.1}).cosine().value() >= -1.0);
  // What overflows says so, and does not pass for a number.
  const NumericDifference huge = compare_doubles({1e308}, {-1e308});
  CHECK(huge.max == kInfinity);
  CHECK_FALSE(huge.cosine());
  CHECK(huge.relative() == kInfinity);
}

TEST_CASE("numeric: any length, and the place of the maximum") {
  std::mt19937 random(1);
  for (const std::size_t length : std::vector<std::size_t>{1, 7, 8, 9, 1023, 1024, 1025, 5000}) {
    CAPTURE(length);
    std::vector<double> a(length);
    std::vector<double> b(length);
    for (double& number : a) number = static_cast<double>(random() % 1000);
    for (double& number : b) number = static_cast<double>(random() % 1000);
    a[length - 1] += 10000;
    b[length - 1] = 0;
    double sum = 0;
    for (std::size_t i = 0; i < length; ++i) sum += std::fabs(a[i] - b[i]);
    const NumericDifference found = compare_doubles(a, b);
    CHECK(found.pairs == length);
    CHECK(found.sum == sum);
    CHECK(found.max_element == length - 1);
    CHECK(found.max == a[length - 1]);
  }
}

TEST_CASE("numeric: of equal maxima the first is told") {
  std::vector<double> a(3000);
  std::vector<double> b(3000);
  b[17] = 2;
  b[1500] = -2;
  CHECK(compare_doubles(a, b).max_element == 17);
  NumericDifference found = compare_numbers(NumberKind::f64, doubles(a), NumberKind::f64, doubles(b), 100);
  CHECK(found.max_element == 117);
  found.append(compare_numbers(NumberKind::f64, doubles(a), NumberKind::f64, doubles(b), 3100));
  CHECK(found.max_element == 117);
  CHECK(found.pairs == 6000);
  CHECK(found.sum == 8);
}

TEST_CASE("numeric: floats and doubles are added alike") {
  std::mt19937 random(5);
  std::vector<std::uint32_t> singles(3001);
  std::vector<std::uint16_t> halves(singles.size());
  std::vector<double> doubles_a(singles.size());
  std::vector<double> doubles_b(singles.size());
  for (std::size_t i = 0; i < singles.size(); ++i) {
    singles[i] = std::bit_cast<std::uint32_t>(static_cast<float>(random() % 1000) / 1000);
    halves[i] = static_cast<std::uint16_t>(random() & 0xffff);
    doubles_a[i] = std::bit_cast<float>(singles[i]);
    doubles_b[i] = decoded(NumberKind::f16, halves[i]);
  }
  const NumericDifference x =
      compare_numbers(NumberKind::f32, packed(singles), NumberKind::f16, packed(halves), 0);
  const NumericDifference y = compare_doubles(doubles_a, doubles_b);
  CHECK(x.pairs == y.pairs);
  CHECK(x.nan_b == y.nan_b);
  CHECK(x.max == y.max);
  CHECK(x.max_element == y.max_element);
  CHECK(x.sum == y.sum);
  CHECK(x.squares == y.squares);
  CHECK(x.dot == y.dot);
  CHECK(x.squares_a == y.squares_a);
  CHECK(x.squares_b == y.squares_b);
}

TEST_CASE("numeric: elements of different widths") {
  const auto halves = packed(std::vector<std::uint16_t>{0x3c00, 0xc000});  // 1, -2
  const auto bytes = packed(std::vector<std::uint8_t>{1, 0xfd});           // 1, -3
  const NumericDifference found = compare_numbers(NumberKind::f16, halves, NumberKind::i8, bytes, 0);
  CHECK(found.pairs == 2);
  CHECK(found.max == 1);
  CHECK(found.max_element == 1);
}
