#include "tasks/compare/numeric.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace aerotool::tasks {
namespace {

// Sums are kept in lanes, element i in lane i % kLanes: additions then wait for each other less, and the
// compiler may use vectors without changing a result.
constexpr std::size_t kLanes = 8;
// Elements decoded at a time: both sides stay in the nearest cache.
constexpr std::size_t kChunk = 1024;
static_assert(kChunk % kLanes == 0);

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

  void add(std::size_t lane, double a, double b) {
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

/// Counts what Sums passes over. Apart from it, because most models have nothing of the kind.
void count_not_finite(std::span<const double> a, std::span<const double> b, NumericDifference& found) {
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
std::size_t find_apart(std::span<const double> a, std::span<const double> b, double apart) {
  std::size_t i = 0;
  while (i < a.size() && !(std::isfinite(a[i]) && std::isfinite(b[i]) && std::fabs(a[i] - b[i]) == apart))
    ++i;
  return i;
}

void find_largest(std::span<const double> numbers, double& largest) {
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

double NumericDifference::relative() const {
  if (unlike != 0) return std::numeric_limits<double>::infinity();
  if (max == 0) return 0;
  const double norms = std::max(squares_a, squares_b);
  // Of the squares of very small numbers nothing is left, and those of very large ones are infinite.
  if (norms < std::numeric_limits<double>::min() || !std::isfinite(norms + squares)) return max / largest;
  // A difference that is small beside the numbers is not 0 because its square is.
  return std::max(std::sqrt(squares), max) / std::sqrt(norms);
}

NumericDifference compare_numbers(NumberKind kind_a, ByteSpan a, NumberKind kind_b, ByteSpan b,
                                  std::uint64_t first) {
  const std::size_t width_a = width_of(kind_a);
  const std::size_t width_b = width_of(kind_b);
  const std::size_t elements = std::min(a.size() / width_a, b.size() / width_b);
  std::array<double, kChunk> buffer_a{};
  std::array<double, kChunk> buffer_b{};
  NumericDifference found;
  Sums sums;
  for (std::size_t begin = 0; begin < elements; begin += kChunk) {
    const std::size_t length = std::min(kChunk, elements - begin);
    const std::span numbers_a = std::span(buffer_a).first(length);
    const std::span numbers_b = std::span(buffer_b).first(length);
    decode(kind_a, a.subspan(begin * width_a), numbers_a);
    decode(kind_b, b.subspan(begin * width_b), numbers_b);
    sums.pairs = sums.max = {};
    std::size_t i = 0;
    for (; i + kLanes <= length; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        sums.add(lane, numbers_a[i + lane], numbers_b[i + lane]);
    }
    for (; i < length; ++i) sums.add(i % kLanes, numbers_a[i], numbers_b[i]);
    const auto pairs = static_cast<std::uint64_t>(sums.pairs.total());
    found.pairs += pairs;
    if (pairs != length) count_not_finite(numbers_a, numbers_b, found);
    if (kind_a == NumberKind::f64) find_largest(numbers_a, found.largest);
    if (kind_b == NumberKind::f64) find_largest(numbers_b, found.largest);
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

}  // namespace aerotool::tasks
