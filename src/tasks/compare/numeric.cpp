#include "tasks/compare/numeric.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/vectorised.hpp"

namespace aerotool::tasks {
namespace {

// Sums are kept in lanes, element i in lane i % kLanes: additions then wait for each other less, and vectors
// of any length give the same result.
constexpr std::size_t kLanes = 8;
// Elements decoded at a time: both sides stay in the nearest cache.
constexpr std::size_t kChunk = 1024;
static_assert(kChunk % kLanes == 0 && kChunk % NumberBlocks::kMostElements == 0);

struct Lanes {
  std::array<double, kLanes> values{};

  double total() const {
    double total = 0;
    for (const double value : values) total += value;
    return total;
  }
};

struct Sums {
  Lanes sum, squares, dot, squares_a, squares_b;
  // Of the chunk. The count is a double too, so that it needs no other registers.
  Lanes pairs, max;

  [[gnu::always_inline]] void add(std::size_t lane, double a, double b) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double size_a = std::fabs(a);
    const double size_b = std::fabs(b);
    const bool finite = (size_a < kInfinity) & (size_b < kInfinity);
    const double x = finite ? a : 0.0;
    const double y = finite ? b : 0.0;
    const double apart = std::fabs(x - y);
    pairs.values[lane] += finite ? 1.0 : 0.0;
    sum.values[lane] += apart;
    squares.values[lane] += apart * apart;
    dot.values[lane] += x * y;
    squares_a.values[lane] += x * x;
    squares_b.values[lane] += y * y;
    max.values[lane] = apart > max.values[lane] ? apart : max.values[lane];
  }
};

template <typename Number>
struct AddChunk {
  [[gnu::always_inline]] static void run(const Number* a, const Number* b, std::size_t count, Sums* to) {
    Sums sums = *to;
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        sums.add(lane, static_cast<double>(a[i + lane]), static_cast<double>(b[i + lane]));
    }
    for (; i < count; ++i) sums.add(i % kLanes, static_cast<double>(a[i]), static_cast<double>(b[i]));
    *to = sums;
  }
};

/// Counts what Sums passes over. Apart from it, because most models have nothing of the kind.
template <typename Number>
void count_not_finite(std::span<const Number> a, std::span<const Number> b, NumericDifference& found) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool nan_a = std::isnan(a[i]);
    const bool nan_b = std::isnan(b[i]);
    const bool inf_a = std::isinf(a[i]);
    const bool inf_b = std::isinf(b[i]);
    found.nan_a += nan_a ? 1 : 0;
    found.nan_b += nan_b ? 1 : 0;
    found.inf_a += inf_a ? 1 : 0;
    found.inf_b += inf_b ? 1 : 0;
    const bool finite = !(nan_a || nan_b || inf_a || inf_b);
    const bool alike = finite || (nan_a && nan_b) || a[i] == b[i];
    found.unlike += alike ? 0 : 1;
  }
}

/// The first pair of finite elements that are `apart`.
template <typename Number>
std::size_t find_apart(std::span<const Number> a, std::span<const Number> b, double apart) {
  const auto is_it = [apart](double x, double y) {
    return std::isfinite(x) && std::isfinite(y) && std::fabs(x - y) == apart;
  };
  std::size_t i = 0;
  while (i < a.size() && !is_it(a[i], b[i])) ++i;
  return i;
}

template <typename Number>
void find_largest(std::span<const Number> numbers, double& largest) {
  for (const double number : numbers) {
    const double size = std::fabs(number);
    if (size > largest && std::isfinite(size)) largest = size;
  }
}

}  // namespace

void NumericDifference::append(const NumericDifference& next) {
  if (next.max > max) {
    max = next.max;
    max_element = next.max_element;
  }
  largest = std::max(largest, next.largest);
  pairs += next.pairs;
  unlike += next.unlike;
  nan_a += next.nan_a;
  nan_b += next.nan_b;
  inf_a += next.inf_a;
  inf_b += next.inf_b;
  sum += next.sum;
  squares += next.squares;
  dot += next.dot;
  squares_a += next.squares_a;
  squares_b += next.squares_b;
}

std::optional<double> NumericDifference::mean() const {
  if (pairs == 0) return std::nullopt;
  return sum / static_cast<double>(pairs);
}

std::optional<double> NumericDifference::rms() const {
  if (pairs == 0) return std::nullopt;
  return std::sqrt(squares / static_cast<double>(pairs));
}

std::optional<double> NumericDifference::cosine() const {
  const double norms = std::sqrt(squares_a) * std::sqrt(squares_b);
  if (norms == 0 || !std::isfinite(norms) || !std::isfinite(dot)) return std::nullopt;
  if (max == 0) return 1.0;
  return std::clamp(dot / norms, -1.0, 1.0);
}

std::optional<double> NumericDifference::relative() const {
  if (pairs == 0) return std::nullopt;
  if (max == 0) return 0;
  const double norms = std::max(squares_a, squares_b);
  // Of the squares of very small numbers nothing is left, and those of very large ones are infinite.
  if (norms < std::numeric_limits<double>::min() || !std::isfinite(norms + squares)) return max / largest;
  // A difference that is small beside the numbers is not 0 because its square is.
  return std::max(std::sqrt(squares), max) / std::sqrt(norms);
}

std::optional<double> NumericDifference::signal_to_noise() const {
  const auto noise = relative();
  if (!noise) return std::nullopt;
  if (*noise == 0) return std::numeric_limits<double>::infinity();
  constexpr double kDecibels = 20;
  return 0 - kDecibels * std::log10(*noise);  // 0 and not -0
}

double NumericDifference::gravity() const {
  return unlike != 0 ? std::numeric_limits<double>::infinity() : relative().value_or(0);
}

namespace {

template <typename Number>
NumericDifference compare_as(const NumberBlocks& blocks_a, ByteSpan a, const NumberBlocks& blocks_b,
                             ByteSpan b, std::uint64_t first) {
  const std::uint64_t elements = std::min(blocks_a.elements_of(a.size()), blocks_b.elements_of(b.size()));
  std::array<Number, kChunk> buffer_a{};
  std::array<Number, kChunk> buffer_b{};
  NumericDifference found;
  Sums sums;
  for (std::uint64_t begin = 0; begin < elements; begin += kChunk) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, elements - begin));
    const std::span<Number> out_a = std::span(buffer_a).first(length);
    const std::span<Number> out_b = std::span(buffer_b).first(length);
    blocks_a.decode(a.subspan(blocks_a.bytes_of(begin)), out_a);
    blocks_b.decode(b.subspan(blocks_b.bytes_of(begin)), out_b);
    const std::span<const Number> numbers_a = out_a;
    const std::span<const Number> numbers_b = out_b;
    sums.pairs = sums.max = {};
    vectorised<AddChunk<Number>>(numbers_a.data(), numbers_b.data(), length, &sums);
    const auto pairs = static_cast<std::uint64_t>(sums.pairs.total());
    found.pairs += pairs;
    if (pairs != length) count_not_finite(numbers_a, numbers_b, found);
    if (blocks_a.is(NumberKind::f64)) find_largest(numbers_a, found.largest);
    if (blocks_b.is(NumberKind::f64)) find_largest(numbers_b, found.largest);
    const double max = *std::max_element(sums.max.values.begin(), sums.max.values.end());
    if (max > found.max) {
      found.max = max;
      found.max_element = first + begin + find_apart(numbers_a, numbers_b, max);
    }
  }
  found.sum = sums.sum.total();
  found.squares = sums.squares.total();
  found.dot = sums.dot.total();
  found.squares_a = sums.squares_a.total();
  found.squares_b = sums.squares_b.total();
  return found;
}

}  // namespace

NumericDifference compare_numbers(const NumberBlocks& blocks_a, ByteSpan a, const NumberBlocks& blocks_b,
                                  ByteSpan b, std::uint64_t first) {
  const bool floats = blocks_a.fits_f32() && blocks_b.fits_f32();
  return floats ? compare_as<float>(blocks_a, a, blocks_b, b, first)
                : compare_as<double>(blocks_a, a, blocks_b, b, first);
}

}  // namespace aerotool::tasks
