#include "tasks/statistics/summary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <type_traits>

#include "core/vectorised.hpp"

namespace aerotool::tasks {
namespace {

// Sums are kept in lanes, element i in lane i % kLanes: additions then wait for each other less, and vectors
// of any length give the same result.
constexpr std::size_t kLanes = 16;
// Elements decoded at a time: they stay in the nearest cache while they are gone through several times.
constexpr std::size_t kChunk = 1024;
static_assert(kChunk % kLanes == 0 && kChunk % NumberBlocks::kMostElements == 0);

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

using Lanes = std::array<double, kLanes>;

double total(const Lanes& lanes) {
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

/// Calls `add` with each number and its lane.
template <typename Number, typename Add>
[[gnu::always_inline]] inline void in_lanes(const Number* numbers, std::size_t count, Add add) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(lane, numbers[i + lane]);
  }
  for (; i < count; ++i) add(i % kLanes, numbers[i]);
}

// Of numbers that are all finite. Loops of their own, because compilers make vectors of each, and not of all
// together.

struct Sums {
  Lanes sum{};
  Lanes squares{};  // of what the numbers are apart from `about`
};

template <typename Number>
struct AddUp {
  [[gnu::always_inline]] static void run(const Number* numbers, std::size_t count, double about, Sums* to) {
    Lanes sum{};
    Lanes squares{};
    in_lanes(numbers, count, [&](std::size_t lane, Number number) {
      const auto wide = static_cast<double>(number);
      const double apart = wide - about;
      sum[lane] += wide;
      squares[lane] += apart * apart;
    });
    *to = {sum, squares};
  }
};

template <typename Number>
struct Extremes {
  Number min = 0;
  Number max = 0;
};

/// Of floats as integers of the same order, because compilers make vectors of that.
template <typename Number>
struct FindExtremes {
  using Integer = std::conditional_t<sizeof(Number) == sizeof(float), std::int32_t, std::int64_t>;
  static constexpr Integer kMagnitude = std::numeric_limits<Integer>::max();
  static constexpr int kToSign = 8 * sizeof(Number) - 1;

  /// Also its own inverse.
  [[gnu::always_inline]] static Integer ordered(Integer bits) {
    return bits ^ (bits >> kToSign & kMagnitude);
  }
  [[gnu::always_inline]] static void run(const Number* numbers, std::size_t count, Extremes<Number>* to) {
    Integer min = std::numeric_limits<Integer>::max();
    Integer max = std::numeric_limits<Integer>::min();
    for (std::size_t i = 0; i < count; ++i) {
      const Integer number = ordered(std::bit_cast<Integer>(numbers[i]));
      min = std::min(min, number);
      max = std::max(max, number);
    }
    to->min = std::bit_cast<Number>(ordered(min));
    to->max = std::bit_cast<Number>(ordered(max));
  }
};

/// -0 is 0.
std::uint64_t ordered(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number + 0.0);
  return (bits & kTopBit) != 0 ? ~bits : bits | kTopBit;
}

double from_ordered(std::uint64_t ordered) {
  return std::bit_cast<double>((ordered & kTopBit) != 0 ? ordered & ~kTopBit : ~ordered);
}

/// Moves what is finite to the front, and counts the rest. Apart from the sums, because most models have
/// nothing of the kind.
template <typename Number>
std::span<Number> finite_part(std::span<Number> numbers, NumberSummary& found) {
  std::size_t kept = 0;
  for (const Number number : numbers) {
    const bool is_nan = std::isnan(number);
    const bool is_infinite = std::isinf(number);
    found.nan += is_nan ? 1 : 0;
    found.infinite += is_infinite ? 1 : 0;
    if (!is_nan && !is_infinite) numbers[kept++] = number;
  }
  return numbers.first(kept);
}

template <typename Number>
void add_finite(std::span<const Number> numbers, NumberSummary& found) {
  if (numbers.empty()) return;
  Extremes<Number> extremes;
  vectorised<FindExtremes<Number>>(numbers.data(), numbers.size(), &extremes);
  found.min = std::min(found.min, ordered(static_cast<double>(extremes.min)));
  found.max = std::max(found.max, ordered(static_cast<double>(extremes.max)));
  Sums sums;
  const auto add_up = [&](double about) {
    vectorised<AddUp<Number>>(numbers.data(), numbers.size(), about, &sums);
  };
  const auto count = static_cast<double>(numbers.size());
  // Squares about a number near the mean lose nothing: that of the numbers before, else their own.
  if (found.moments.count == 0) add_up(0);
  const double about = found.moments.count == 0 ? total(sums.sum) / count : found.moments.mean();
  add_up(about);
  Moments moments = {numbers.size(), total(sums.sum), 0};
  const double apart = moments.mean() - about;
  moments.squares = std::max(total(sums.squares) - count * apart * apart, 0.0);
  found.moments.append(moments);
}

template <typename Number>
NumberSummary summarize_as(const NumberBlocks& blocks, ByteSpan bytes) {
  const std::uint64_t elements = blocks.elements_of(bytes.size());
  std::array<Number, kChunk> buffer{};
  ExponentCounts<Number> exponents;
  NumberSummary found;
  std::uint64_t not_finite = 0;
  std::uint64_t smallest = 0;
  for (std::uint64_t begin = 0; begin < elements; begin += kChunk) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, elements - begin));
    std::span<Number> numbers = std::span(buffer).first(length);
    blocks.decode(bytes.subspan(blocks.bytes_of(begin)), numbers);
    exponents.add(numbers);
    if (exponents.smallest() != smallest) {
      smallest = exponents.smallest();
      found.zeros += static_cast<std::uint64_t>(std::ranges::count(numbers, Number{0}));
    }
    if (exponents.not_finite() != not_finite) {
      not_finite = exponents.not_finite();
      numbers = finite_part(numbers, found);
    }
    add_finite<Number>(numbers, found);
  }
  exponents.add_to(found.octaves);
  return found;
}

/// Of 64-bit integers, which doubles do not hold; `flipped`: the bits that make them unsigned ones of the
/// same order.
void find_integers(ByteSpan bytes, std::uint64_t flipped, NumberSummary& found) {
  found.min = std::numeric_limits<std::uint64_t>::max();
  found.max = 0;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t integer = load_le<std::uint64_t>(bytes, at) ^ flipped;
    found.min = std::min(found.min, integer);
    found.max = std::max(found.max, integer);
  }
}

std::optional<double> if_finite(double number) {
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

}  // namespace

void Moments::append(const Moments& next) {
  if (next.count == 0) return;
  if (count == 0) {
    *this = next;
    return;
  }
  // Chan, Golub and LeVeque: Updating formulae and a pairwise algorithm for computing sample variances.
  const double apart = next.mean() - mean();
  const auto here = static_cast<double>(count);
  const auto there = static_cast<double>(next.count);
  squares += next.squares + apart * apart * (here * (there / (here + there)));
  sum += next.sum;
  count += next.count;
}

void NumberSummary::append(const NumberSummary& next) {
  moments.append(next.moments);
  zeros += next.zeros;
  nan += next.nan;
  infinite += next.infinite;
  min = std::min(min, next.min);
  max = std::max(max, next.max);
  octaves.append(next.octaves);
}

std::optional<double> NumberSummary::mean() const {
  return moments.count == 0 ? std::nullopt : if_finite(moments.mean());
}

std::optional<double> NumberSummary::deviation() const {
  if (moments.count == 0) return std::nullopt;
  return if_finite(std::sqrt(moments.squares / static_cast<double>(moments.count)));
}

NumberSummary summarize(const NumberBlocks& blocks, ByteSpan bytes) {
  const ByteSpan whole = bytes.first(blocks.bytes_of(blocks.elements_of(bytes.size())));
  if (blocks.fits_f32()) return summarize_as<float>(blocks, whole);
  NumberSummary found = summarize_as<double>(blocks, whole);
  if (blocks.is(NumberKind::i64)) find_integers(whole, kTopBit, found);
  if (blocks.is(NumberKind::u64)) find_integers(whole, 0, found);
  return found;
}

Value exact_extreme(const DType& dtype, std::uint64_t ordered) {
  const auto kind = number_kind(dtype);
  if (kind == NumberKind::u64) return Value::u64(ordered);
  if (kind == NumberKind::i64) return Value::of(ValueType::i64, ordered ^ kTopBit);
  const double number = from_ordered(ordered);
  if (kind == NumberKind::f64) return Value::f64(number);
  // What is decoded, and floats, F32 holds.
  if (!kind || *kind < NumberKind::i8) return Value::f32(static_cast<float>(number));
  return Value::i64(static_cast<std::int64_t>(number));
}

}  // namespace aerotool::tasks
