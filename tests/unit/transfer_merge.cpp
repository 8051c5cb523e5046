// The arithmetic of merges: sums, arcs, ranks and random numbers.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <thread>

#include "transfer/transforms/merge/dare.hpp"
#include "transfer/transforms/merge/differences.hpp"
#include "transfer/transforms/merge/magnitude.hpp"
#include "transfer/transforms/merge/model_stock.hpp"
#include "transfer/transforms/merge/slerp.hpp"
#include "transfer/transforms/merge/sums.hpp"
#include "vectors.hpp"

using namespace aerotool;
using namespace aerotool::merging;

namespace {

class Given final : public ValueSource {
 public:
  explicit Given(std::vector<float> numbers) : numbers_(std::move(numbers)) {}
  std::uint64_t count() const override { return numbers_.size(); }
  bool fits_f32() const override { return true; }
  void read(std::uint64_t first, std::span<float> out) const override { copy(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { copy(first, out); }
  const std::string& path() const override { return path_; }
  std::vector<StoredTensor> inputs() const override { return {}; }

 private:
  template <typename Number>
  void copy(std::uint64_t first, std::span<Number> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = numbers_[first + i];
  }
  std::vector<float> numbers_;
  std::string path_ = "given";
};

Values given(std::vector<float> numbers) {
  return std::make_shared<Given>(std::move(numbers));
}

std::vector<double> all_of(const ValueSource& source) {
  std::vector<double> numbers(source.count());
  source.read(0, std::span<double>(numbers));
  return numbers;
}

/// So many that several blocks are gone through, of few values, so that many are equal.
std::vector<float> many(std::uint32_t seed, std::size_t count = 600'001) {
  std::vector<float> numbers(count);
  std::uint32_t state = seed;
  for (float& number : numbers) {
    state = state * 1664525U + 1013904223U;
    number = static_cast<float>(static_cast<int>(state >> 24) - 128) / 64.0F;
  }
  return numbers;
}

/// The indexes in a stable order of falling magnitudes.
std::vector<std::size_t> ranked(const std::vector<float>& numbers, bool falling) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const float one = std::abs(numbers[a]);
    const float other = std::abs(numbers[b]);
    return falling ? one > other : one < other;
  });
  return order;
}

std::vector<double> kept_by(const Sparsifying& sparsifier, const std::vector<float>& numbers) {
  std::vector<double> kept(numbers.begin(), numbers.end());
  // In parts of odd sizes.
  for (std::size_t at = 0; at < kept.size();) {
    const std::size_t count = std::min<std::size_t>(kept.size() - at, 77'777);
    sparsifier->apply(at, std::span(kept).subspan(at, count));
    at += count;
  }
  return kept;
}

}  // namespace

TEST_CASE("Philox gives numpy's numbers") {
  const PhiloxBlock block = philox4x64({1, 0, 0, 0}, {5, 9});
  CHECK(block[0] == 0x1452a67718b6af9bU);
  CHECK(block[1] == 0x1a44703813c5c2acU);
  CHECK(block[2] == 0x5ef6a157556b1432U);
  CHECK(block[3] == 0x27d030c2d3b26c13U);
}

TEST_CASE("DARE's numbers depend on seed, model, tensor and element") {
  const char* const name = "model.embed_tokens.weight";
  const auto first = dare_numbers(0, dare_key(42, 0, name));
  CHECK(first[0] == 0x75a731bdU);
  CHECK(first[1] == 0x01cfe8c9U);
  CHECK(first[7] == 0xed590156U);
  CHECK(dare_numbers(1, dare_key(42, 0, name))[0] == 0xfa6c9e2aU);
  CHECK(dare_numbers(0, dare_key(42, 1, name))[0] == 0x86446880U);
  CHECK(dare_key(42, 0, name) != dare_key(42, 0, "another"));
  CHECK(dare_key(42, 0, name) != dare_key(43, 0, name));
}

TEST_CASE("DARE drops the same elements however they are asked for") {
  const auto numbers = many(1, 1000);
  const Sparsifying half = dare(dare_key(7, 0, "x"), 0.5, true);
  std::vector<double> whole(numbers.begin(), numbers.end());
  half->apply(0, whole);
  std::vector<double> parts(numbers.begin(), numbers.end());
  for (std::size_t at = 0; at < parts.size(); at += 3)
    half->apply(at, std::span(parts).subspan(at, std::min<std::size_t>(3, parts.size() - at)));
  CHECK(whole == parts);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (numbers[i] != 0 && whole[i] != 0) {
      ++kept;
      CHECK(whole[i] == 2 * static_cast<double>(numbers[i]));
    }
  }
  CHECK(kept > 400);
  CHECK(kept < 600);
}

TEST_CASE("sums in the order given, divided by the weights where they are normalized") {
  const auto a = given({1, 2, 3});
  const auto b = given({4, 0, -3});
  CHECK(all_of(*linear({{a, 0.5}, {b, 0.25}}, false)) == std::vector<double>{1.5, 1, 0.75});
  CHECK(all_of(*linear({{a, 1}, {b, 1}}, true)) == std::vector<double>{2.5, 1, 0});
  CHECK(std::isnan(all_of(*linear({{a, 1}, {a, -1}}, true))[0]));
  CHECK(all_of(*task_arithmetic(a, {{b, 2}}, 0.5, false)) == std::vector<double>{4, 0, -3});
  CHECK(all_of(*task_arithmetic(a, {{b, 1}, {b, -1}}, 1, true)) == std::vector<double>{1, 2, 3});
}

TEST_CASE("the arc between vectors, and the line where it is flat") {
  const auto x = given({2, 0});
  const auto y = given({0, 2});
  const auto half = all_of(*slerp(x, y, 0.5));
  CHECK(half[0] == doctest::Approx(std::sqrt(2.0)));
  CHECK(half[0] == half[1]);
  CHECK(all_of(*slerp(x, x, 0.25)) == std::vector<double>{2, 0});
  CHECK(all_of(*slerp(x, given({-2, 0}), 0.25)) == std::vector<double>{1, 0});
  // Their cosine is over the threshold: the line, but for nuslerp.
  const auto near = given({2, 0.02F});
  CHECK(all_of(*slerp(x, near, 0.5))[0] == 2);
  CHECK(all_of(*nuslerp(x, near, nullptr, 0.5))[0] > 2);
  const auto of_differences = all_of(*nuslerp(given({3, 1}), given({1, 3}), given({1, 1}), 0.5));
  CHECK(of_differences[0] == doctest::Approx(1 + std::sqrt(2.0)));
}

TEST_CASE("the largest magnitudes are kept, of equal ones the first") {
  const auto numbers = many(3);
  const auto zeros = given(std::vector<float>(numbers.size()));
  const auto order = ranked(numbers, true);
  for (const double density : {1e-9, 0.001, 0.3, 0.5, 0.999}) {
    CAPTURE(density);
    const auto count =
        std::max<std::size_t>(static_cast<std::size_t>(density * static_cast<double>(numbers.size())), 1);
    std::vector<double> wanted(numbers.size());
    for (std::size_t i = 0; i < count; ++i) wanted[order[i]] = numbers[order[i]];
    CHECK(kept_by(keep_largest(given(numbers), zeros, density), numbers) == wanted);
  }
  CHECK(keep_largest(given(numbers), zeros, 1) == nullptr);
  CHECK(kept_by(keep_largest(given(numbers), zeros, 0), numbers) == std::vector<double>(numbers.size()));
}

TEST_CASE("the largest magnitudes of a tensor whose parts differ") {
  // The first block is like none of the others, and lower halves of bits are empty or not.
  std::vector<float> numbers = many(7, 1'000'003);
  for (std::size_t i = 0; i < 300'000; ++i) numbers[i] *= 0x1p-20F;
  for (std::size_t i = 700'000; i < numbers.size(); ++i)
    numbers[i] *= 1.0F + static_cast<float>(i % 3) * 0x1p-20F;
  const auto zeros = given(std::vector<float>(numbers.size()));
  const auto order = ranked(numbers, true);
  for (const double density : {0.001, 0.05, 0.2, 0.3, 0.4, 0.68, 0.7, 0.9}) {
    CAPTURE(density);
    const auto count = static_cast<std::size_t>(density * static_cast<double>(numbers.size()));
    std::vector<double> wanted(numbers.size());
    for (std::size_t i = 0; i < count; ++i) wanted[order[i]] = numbers[order[i]];
    CHECK(kept_by(keep_largest(given(numbers), zeros, density), numbers) == wanted);
  }
}

TEST_CASE("ranks of magnitudes that are all equal") {
  const std::vector<float> numbers(2'000'003, -0.5F);
  const auto zeros = given(std::vector<float>(numbers.size()));
  const auto kept = kept_by(keep_largest(given(numbers), zeros, 0.75), numbers);
  const auto count = static_cast<std::size_t>(0.75 * static_cast<double>(numbers.size()));
  CHECK(std::ranges::count(kept, -0.5) == static_cast<std::ptrdiff_t>(count));
  CHECK(kept[count - 1] == -0.5);
  CHECK(kept[count] == 0);
}

TEST_CASE("breadcrumbs leave out the largest and the smallest") {
  const auto numbers = many(5);
  const auto zeros = given(std::vector<float>(numbers.size()));
  const auto order = ranked(numbers, false);
  const auto part = [&](double of) {
    return static_cast<std::size_t>(of * static_cast<double>(numbers.size()));
  };
  std::vector<double> wanted(numbers.size());
  const std::size_t large = part(0.05);
  const std::size_t small = numbers.size() - part(0.6) - large;
  for (std::size_t i = small; i < numbers.size() - large; ++i) wanted[order[i]] = numbers[order[i]];
  CHECK(kept_by(keep_between(given(numbers), zeros, 0.6, 0.05), numbers) == wanted);
}

TEST_CASE("a sign is elected, and those that have it are added") {
  const auto base = given({0, 0, 0, 1});
  const auto a = given({1, -3, 0, 1});
  const auto b = given({3, 1, 0, 3});
  const std::vector<Difference> models = {{a, 1, nullptr}, {b, 1, nullptr}};
  CHECK(all_of(*merge_differences(base, models, Consensus::sign, 1, true)) ==
        std::vector<double>{2, -3, 0, 3});
  CHECK(all_of(*merge_differences(base, models, Consensus::sign, 0.5, false)) ==
        std::vector<double>{2, -1.5, 0, 2});
  CHECK(all_of(*merge_differences(base, models, Consensus::none, 1, true)) ==
        std::vector<double>{2, -1, 0, 2});
}

TEST_CASE("model stock follows the mean as far as the models agree") {
  const auto base = given({0, 0});
  CHECK(all_of(*model_stock(base, {given({1, 0}), given({1, 0})})) == std::vector<double>{1, 0});
  CHECK(all_of(*model_stock(base, {given({1, 0}), given({0, 1})})) == std::vector<double>{0, 0});
}

TEST_CASE("several threads that ask first get the same numbers") {
  const auto x = given(many(11));
  const auto y = given(many(12));
  const auto alone = all_of(*nuslerp(x, y, nullptr, 0.3));
  const auto shared = nuslerp(x, y, nullptr, 0.3);
  std::vector<std::vector<double>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& own : found) threads.emplace_back([&] { own = all_of(*shared); });
  }
  for (const auto& own : found) CHECK(own == alone);
}

namespace {

/// Numbers of a tensor in BF16, which are read as they are stored.
class GivenBf16 final : public ValueSource {
 public:
  explicit GivenBf16(std::vector<std::uint16_t> bits) : bits_(std::move(bits)) {}
  std::uint64_t count() const override { return bits_.size(); }
  bool fits_f32() const override { return true; }
  void read(std::uint64_t first, std::span<float> out) const override { copy(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { copy(first, out); }
  std::optional<FloatKind> stored_kind() const override { return FloatKind::bf16; }
  void read_stored(std::uint64_t first, std::span<std::byte> out) const override {
    const auto bytes = std::as_bytes(std::span(bits_));
    std::ranges::copy(bytes.subspan(2 * first, out.size()), out.begin());
  }
  const std::string& path() const override { return path_; }
  std::vector<StoredTensor> inputs() const override { return {}; }

 private:
  template <typename Number>
  void copy(std::uint64_t first, std::span<Number> out) const {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<Number>(std::bit_cast<float>(std::uint32_t{bits_[first + i]} << 16));
  }
  std::vector<std::uint16_t> bits_;
  std::string path_ = "given";
};

/// Of all magnitudes that a BF16 has, small ones too.
std::vector<std::uint16_t> many_bf16(std::uint32_t seed) {
  std::vector<std::uint16_t> bits(600'001);
  std::uint32_t state = seed;
  for (std::uint16_t& one : bits) {
    state = state * 1664525U + 1013904223U;
    one = static_cast<std::uint16_t>(state >> 16);
    if ((one & 0x7f80) == 0x7f80) one = 0;
    if (state % 7 != 0) one = static_cast<std::uint16_t>((one & 0x83ff) | 0x3c00);
  }
  return bits;
}

Values as_floats(const std::vector<std::uint16_t>& bits) {
  std::vector<float> numbers;
  for (const std::uint16_t one : bits) numbers.push_back(std::bit_cast<float>(std::uint32_t{one} << 16));
  return given(std::move(numbers));
}

}  // namespace

TEST_CASE("all vectors merge the same way, and BF16 as it is stored as the floats that it is") {
  const std::array bits = {many_bf16(1), many_bf16(2), many_bf16(3)};
  const auto merged_by_all = [&](auto of) {
    const auto base = of(bits[0]);
    const auto a = of(bits[1]);
    const auto b = of(bits[2]);
    std::vector<std::vector<double>> merged = {
        all_of(*linear({{a, 0.6}, {b, 0.3}}, true)),
        all_of(*task_arithmetic(base, {{a, 0.6}, {b, 0.3}}, 0.7, true)),
        all_of(*slerp(a, b, 0.3)),
        all_of(*nuslerp(a, b, base, 0.3)),
        all_of(*model_stock(base, {a, b})),
    };
    for (const double density : {0.3, 0.01}) {
      const std::vector<Difference> models = {{a, 0.6, keep_largest(a, base, density)},
                                              {b, 0.3, keep_between(b, base, density, 0.2)}};
      merged.push_back(all_of(*merge_differences(base, models, Consensus::sign, 0.7, true)));
    }
    return merged;
  };
  std::vector<std::vector<double>> first;
  for_all_vectors([&](Vectors vectors) {
    CAPTURE(static_cast<int>(vectors));
    const auto stored = merged_by_all(
        [](const std::vector<std::uint16_t>& one) -> Values { return std::make_shared<GivenBf16>(one); });
    if (first.empty()) first = stored;
    CHECK(stored == first);
    CHECK(merged_by_all(as_floats) == first);
  });
}
