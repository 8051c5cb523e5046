// Floats to floats: torch's and ml_dtypes' results, the edges of each type, and what is counted.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "codecs/floats/narrow.hpp"
#include "codecs/floats/widen.hpp"
#include "model/float_dtype.hpp"
#include "registry/registry.hpp"
#include "vectors.hpp"

namespace aerotool {
namespace {

/// A tensor of a file of tests/data/cast.
struct Elements {
  FloatKind kind{};
  std::vector<std::byte> bytes;

  std::size_t count() const { return bytes.size() / width_of(kind); }
  std::vector<double> numbers() const {
    std::vector<double> numbers(count());
    widen(kind, bytes, std::span<double>(numbers));
    return numbers;
  }
};

Elements elements_of(const std::string& file, const std::string& name) {
  Report report;
  const auto model = open_model(AEROTOOL_TEST_DATA "/cast/" + file + ".safetensors", {}, report);
  Elements elements;
  const auto& tensors = model->tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name != name) continue;
    elements.kind = *float_kind(tensors[i].dtype);
    elements.bytes.resize(tensors[i].size);
    model->read(i, 0, elements.bytes);
  }
  REQUIRE(!elements.bytes.empty());
  return elements;
}

std::vector<std::byte> narrowed(FloatKind kind, const Elements& from) {
  std::vector<std::byte> out(from.count() * width_of(kind));
  if (from.kind == FloatKind::f64) {
    narrow(kind, std::span<const double>(from.numbers()), out);
  } else {
    std::vector<float> numbers(from.count());
    widen(from.kind, from.bytes, std::span<float>(numbers));
    narrow(kind, std::span<const float>(numbers), out);
  }
  return out;
}

std::uint64_t bits_at(const std::vector<std::byte>& bytes, std::size_t index, std::size_t width) {
  std::uint64_t bits = 0;
  for (std::size_t i = width; i-- > 0;)
    bits = bits << 8 | std::to_integer<std::uint64_t>(bytes[index * width + i]);
  return bits;
}

/// How many elements have other bits than expected; NaN are the same whatever their bits.
std::size_t differences(const std::vector<std::byte>& found, const Elements& expected) {
  REQUIRE(found.size() == expected.bytes.size());
  const std::vector<double> numbers = Elements{expected.kind, found}.numbers();
  const std::vector<double> right = expected.numbers();
  const std::size_t width = width_of(expected.kind);
  std::size_t count = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (std::isnan(numbers[i]) && std::isnan(right[i])) continue;
    if (bits_at(found, i, width) != bits_at(expected.bytes, i, width)) ++count;
  }
  return count;
}

CastCounts counts_of(FloatKind kind, std::vector<float> values) {
  std::vector<std::byte> out(values.size() * width_of(kind));
  const CastCounts counts = narrow(kind, std::span<const float>(values), out);
  const std::vector<double> wide(values.begin(), values.end());
  const CastCounts same = narrow(kind, std::span<const double>(wide), out);
  CHECK(counts.clipped == same.clipped);
  CHECK(counts.flushed == same.flushed);
  CHECK(counts.nan == same.nan);
  return counts;
}

}  // namespace

TEST_CASE("floats: F32 to each type as torch and ml_dtypes cast it") {
  const Elements from = elements_of("f32", "x");
  for (const auto* name : {"bf16", "f16", "f8_e5m2", "f64", "f8_e4m3fn"}) {
    CAPTURE(name);
    const Elements expected = elements_of("f32.torch", name);
    CHECK(differences(narrowed(expected.kind, from), expected) == 0);
  }
  for (const auto* name : {"bf16", "f16", "f8_e5m2"}) {
    CAPTURE(name);
    const Elements expected = elements_of("f32.ml_dtypes", name);
    CHECK(differences(narrowed(expected.kind, from), expected) == 0);
  }
}

TEST_CASE("floats: halves to each other, to F32 and to eight bits") {
  const Elements bf16 = elements_of("halves", "bf16");
  const Elements f16 = elements_of("halves", "f16");
  const auto check = [](const Elements& from, const char* name) {
    CAPTURE(name);
    const Elements expected = elements_of("halves.torch", name);
    CHECK(differences(narrowed(expected.kind, from), expected) == 0);
  };
  check(bf16, "bf16_to_f32");
  check(f16, "f16_to_f32");
  check(f16, "f16_to_bf16");
  check(bf16, "bf16_to_f16");
  check(bf16, "bf16_to_f8_e4m3fn");
  check(bf16, "bf16_to_f8_e5m2");
}

TEST_CASE("floats: all codes of eight bits") {
  for (const auto* name : {"f8_e4m3fn", "f8_e5m2", "f8_e4m3fnuz", "f8_e5m2fnuz", "f8_e8m0"}) {
    CAPTURE(name);
    const Elements expected = elements_of("f8.torch-f32", name);
    CHECK(differences(narrowed(FloatKind::f32, elements_of("f8", name)), expected) == 0);
  }
}

TEST_CASE("floats: F64 is rounded once") {
  const Elements from = elements_of("f64", "x");
  for (const auto* name : {"f32", "f16_single_rounding"}) {
    CAPTURE(name);
    const Elements expected = elements_of("f64.torch", name);
    CHECK(differences(narrowed(expected.kind, from), expected) == 0);
  }
  // By way of F32 this is a tie, which would go down to an even number: 1 + 2^-8 + 2^-40.
  std::vector<std::byte> out(2);
  const double value = 1 + 0x1p-8 + 0x1p-40;
  narrow(FloatKind::bf16, std::span(&value, 1), out);
  CHECK(bits_at(out, 0, 2) == 0x3f81);
}

TEST_CASE("floats: every half is the number that it was after it was widened") {
  for (const FloatKind kind : {FloatKind::f16, FloatKind::bf16}) {
    Elements all{kind, {}};
    for (unsigned bits = 0; bits < 65536; ++bits) {
      all.bytes.push_back(static_cast<std::byte>(bits & 0xff));
      all.bytes.push_back(static_cast<std::byte>(bits >> 8));
    }
    CHECK(differences(narrowed(kind, all), all) == 0);
    const Elements wide{FloatKind::f64, narrowed(FloatKind::f64, all)};
    CHECK(differences(narrowed(kind, wide), all) == 0);
  }
}

TEST_CASE("floats: a NaN keeps its sign and the first bits of its payload, and is quiet") {
  const auto narrow_bits = [](FloatKind kind, std::uint32_t bits) {
    std::vector<std::byte> out(width_of(kind));
    const auto value = std::bit_cast<float>(bits);
    narrow(kind, std::span(&value, 1), out);
    return bits_at(out, 0, out.size());
  };
  CHECK(narrow_bits(FloatKind::f16, 0x7f802000) == 0x7e01);
  CHECK(narrow_bits(FloatKind::f16, 0xffc00000) == 0xfe00);
  CHECK(narrow_bits(FloatKind::bf16, 0xff810000) == 0xffc1);
  CHECK(narrow_bits(FloatKind::f8_e4m3, 0xff810000) == 0xff);
  CHECK(narrow_bits(FloatKind::f8_e5m2, 0x7fa00000) == 0x7f);
}

TEST_CASE("floats: what is clipped, flushed and NaN is counted") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const CastCounts f16 =
      counts_of(FloatKind::f16, {65519, 65520, -65520, 1e30F, kInfinity, -kInfinity, kNan, 0, -0.0F, 0x1p-25F,
                                 -0x1p-25F, 0x1.000002p-25F, 0x1p-149F});
  CHECK(f16.clipped == 3);
  CHECK(f16.flushed == 3);
  CHECK(f16.nan == 1);
  const CastCounts e4m3 =
      counts_of(FloatKind::f8_e4m3, {464, 464.001F, -1e9F, kInfinity, -kNan, 0x1p-10F, 0x1.8p-10F});
  CHECK(e4m3.clipped == 3);
  CHECK(e4m3.flushed == 1);
  CHECK(e4m3.nan == 1);
  const CastCounts e5m2 = counts_of(FloatKind::f8_e5m2, {61439, 61440, 0x1p-17F, 0x1.1p-17F});
  CHECK(e5m2.clipped == 1);
  CHECK(e5m2.flushed == 1);
  const CastCounts bf16 =
      counts_of(FloatKind::bf16, {0x1.fefp127F, 0x1.ffp127F, 0x1p-134F, 0x1.8p-134F, kInfinity});
  CHECK(bf16.clipped == 1);
  CHECK(bf16.flushed == 1);
  CHECK(!counts_of(FloatKind::f32, {1, kInfinity, 0x1p-149F}).any());
  std::vector<std::byte> out(4 * 5);
  const std::vector<double> doubles = {0x1.ffffffp127, 0x1.fffffefp127, 1e300, 0x1p-150, 0x1.1p-150};
  const CastCounts f32 = narrow(FloatKind::f32, std::span<const double>(doubles), out);
  CHECK(f32.clipped == 2);
  CHECK(f32.flushed == 1);
}

TEST_CASE("floats: a long run is as its parts") {
  std::vector<float> values(10'000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(std::sin(static_cast<double>(i)) *
                                   std::pow(10.0, static_cast<double>(i % 60) - 30));
  for (const FloatKind kind : {FloatKind::f64, FloatKind::f32, FloatKind::bf16, FloatKind::f16,
                               FloatKind::f8_e4m3, FloatKind::f8_e5m2}) {
    const std::size_t width = width_of(kind);
    std::vector<std::byte> whole(values.size() * width);
    std::vector<std::byte> parts(whole.size());
    const CastCounts all = narrow(kind, std::span<const float>(values), whole);
    CastCounts sum;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum.add(narrow(kind, std::span<const float>(values).subspan(i, 1),
                     std::span(parts).subspan(i * width, width)));
    CHECK(whole == parts);
    CHECK(all.clipped == sum.clipped);
    CHECK(all.flushed == sum.flushed);
  }
}

TEST_CASE("floats: F64 that F32 holds as normal numbers round as they do beside others") {
  // Ties of every type, what is a little beside them, and what needs all bits of a double.
  std::vector<double> values;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const double number = std::ldexp(1.0 + static_cast<double>(state >> 45) * 0x1p-19,
                                     static_cast<int>(state >> 8 & 255) % 250 - 125);
    const std::array cut = {0x1p-1, 0x1p-4, 0x1p-8, 0x1p-11};
    const double scale = std::ldexp(cut[i % 4], 8);
    const double tie = std::floor(number * scale) / scale;
    values.insert(values.end(), {number, tie, std::nextafter(tie, 0), -std::nextafter(tie, 1e300), -0.0});
  }
  for (const FloatKind kind : {FloatKind::bf16, FloatKind::f16, FloatKind::f8_e4m3, FloatKind::f8_e5m2}) {
    std::size_t differing = 0;
    CastCounts alone;
    CastCounts beside;
    for (std::size_t first = 0; first + 500 <= values.size(); first += 500) {
      // The smallest double is none that F32 holds.
      std::vector<double> run(values.begin() + static_cast<std::ptrdiff_t>(first),
                              values.begin() + static_cast<std::ptrdiff_t>(first + 500));
      std::vector<std::byte> one(run.size() * width_of(kind));
      alone.add(narrow(kind, std::span<const double>(run), one));
      run.push_back(0x1p-1074);
      std::vector<std::byte> other(run.size() * width_of(kind));
      beside.add(narrow(kind, std::span<const double>(run), other));
      --beside.flushed;
      other.resize(one.size());
      if (one != other) ++differing;
    }
    CHECK(differing == 0);
    CHECK(alone.clipped == beside.clipped);
    CHECK(alone.flushed == beside.flushed);
    CHECK(alone.nan == beside.nan);
  }
}

namespace {

/// Runs of which nothing is lost, some with zeros, some with one number of any bits, and runs of any bits.
template <typename Number>
std::vector<Number> runs_of_numbers() {
  using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
  constexpr std::size_t kRun = 2048;  // what is rounded at once
  std::vector<Number> numbers;
  std::uint64_t state = 1;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state ^ state >> 29;
  };
  for (std::size_t run = 0; run < 24; ++run) {
    const std::size_t odd_one = next() % kRun;
    for (std::size_t i = 0; i < kRun; ++i) {
      const auto weight = static_cast<Number>(static_cast<double>(next() >> 20) * 0x1p-44 - 0.5);
      const auto any = std::bit_cast<Number>(static_cast<Bits>(next()));
      const bool is_any = run % 4 == 3 || (run % 4 == 2 && i == odd_one);
      numbers.push_back(is_any ? any : run % 4 == 1 && i % 3 == 0 ? -Number{0} : weight);
    }
  }
  numbers.resize(numbers.size() - 5);
  return numbers;
}

template <typename Number>
void check_all_vectors() {
  const std::vector<Number> numbers = runs_of_numbers<Number>();
  for (const FloatKind kind : {FloatKind::f64, FloatKind::f32, FloatKind::bf16, FloatKind::f16,
                               FloatKind::f8_e4m3, FloatKind::f8_e5m2}) {
    std::vector<std::byte> first;
    CastCounts counts;
    for_all_vectors([&](Vectors vectors) {
      CAPTURE(static_cast<int>(vectors));
      std::vector<std::byte> out(numbers.size() * width_of(kind));
      const CastCounts found = narrow(kind, std::span<const Number>(numbers), out);
      if (first.empty()) {
        first = out;
        counts = found;
      }
      CHECK(out == first);
      CHECK(found.clipped == counts.clipped);
      CHECK(found.flushed == counts.flushed);
      CHECK(found.nan == counts.nan);
    });
    // And each number by itself, as it is beside what is lost.
    std::size_t differing = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::array<Number, 2> pair = {numbers[i], std::numeric_limits<Number>::quiet_NaN()};
      std::array<std::byte, 16> out{};
      narrow(kind, std::span<const Number>(pair), out);
      if (!std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(width_of(kind)),
                      first.begin() + static_cast<std::ptrdiff_t>(i * width_of(kind))))
        ++differing;
    }
    CHECK(differing == 0);
  }
}

}  // namespace

TEST_CASE("floats: all vectors round the same way, and runs as single numbers") {
  check_all_vectors<float>();
  check_all_vectors<double>();
}

TEST_CASE("floats: all vectors widen the same way") {
  std::vector<std::byte> bytes(1 << 17);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i % 2 == 0 ? i / 2 : i >> 9);
  for (const FloatKind kind :
       {FloatKind::f64, FloatKind::f32, FloatKind::bf16, FloatKind::f16, FloatKind::f8_e4m3,
        FloatKind::f8_e5m2, FloatKind::f8_e4m3fnuz, FloatKind::f8_e5m2fnuz, FloatKind::f8_e8m0}) {
    std::vector<std::uint64_t> first;
    for_all_vectors([&](Vectors vectors) {
      CAPTURE(static_cast<int>(vectors));
      std::vector<double> out(bytes.size() / width_of(kind));
      widen(kind, bytes, std::span<double>(out));
      std::vector<std::uint64_t> bits;
      for (const double number : out) bits.push_back(std::bit_cast<std::uint64_t>(number));
      if (first.empty()) first = bits;
      CHECK(bits == first);
    });
  }
}

}  // namespace aerotool
