#include "tasks/statistics/octaves.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace aerotool::tasks {
namespace {

/// Of the octave that ends there; that of the largest F64 ends at no number.
double edge(int exponent) {
  if (exponent >= std::numeric_limits<double>::max_exponent) return std::numeric_limits<double>::max();
  return std::ldexp(1.0, exponent);
}

/// How many octaves there are down to the smallest that has numbers.
template <std::size_t Size>
std::size_t reach(const std::array<std::uint64_t, Size>& counts) {
  std::size_t size = Size;
  while (size != 0 && counts[size - 1] == 0) --size;
  return size;
}

}  // namespace

void Octaves::raise(int exponent) {
  if (top_ != kNone) {
    const auto places = std::min(static_cast<std::size_t>(exponent - top_), kMost);
    for (Counts* counts : {&negative_, &positive_}) {
      for (std::size_t i = kMost - places; i < kMost; ++i) small_ += (*counts)[i];
      std::shift_right(counts->begin(), counts->end(), static_cast<std::ptrdiff_t>(places));
      std::fill_n(counts->begin(), places, 0);
    }
  }
  top_ = exponent;
}

void Octaves::add(int exponent, bool negative, std::uint64_t count) {
  if (count == 0) return;
  if (exponent > top_) raise(exponent);
  const auto place = static_cast<std::size_t>(top_ - exponent);
  if (place >= kMost) {
    small_ += count;
  } else {
    (negative ? negative_ : positive_)[place] += count;
  }
}

void Octaves::append(const Octaves& next) {
  small_ += next.small_;
  for (std::size_t i = 0; i < kMost; ++i) {
    add(next.top_ - static_cast<int>(i), true, next.negative_[i]);
    add(next.top_ - static_cast<int>(i), false, next.positive_[i]);
  }
}

Octaves::Histogram Octaves::histogram() const {
  if (top_ == kNone) return {{-1, 1}, {small_}};
  Histogram told;
  const std::size_t octaves = std::max(reach(negative_), reach(positive_));
  bool begun = false;
  for (std::size_t i = 0; i < octaves; ++i) {
    begun = begun || negative_[i] != 0;
    if (!begun) continue;
    told.edges.push_back(-edge(top_ + 1 - static_cast<int>(i)));
    told.counts.push_back(negative_[i]);
  }
  const int lowest = top_ + 1 - static_cast<int>(octaves);
  told.edges.insert(told.edges.end(), {-edge(lowest), edge(lowest)});
  told.counts.push_back(small_);
  std::size_t largest = 0;
  while (largest < octaves && positive_[largest] == 0) ++largest;
  for (std::size_t i = octaves; i > largest; --i) {
    told.edges.push_back(edge(top_ + 2 - static_cast<int>(i)));
    told.counts.push_back(positive_[i - 1]);
  }
  return told;
}

std::array<std::uint64_t, 2 * Octaves::kBars + 1> Octaves::bars() const {
  std::array<std::uint64_t, 2 * kBars + 1> bars{};
  bars[kBars] = small_;
  for (std::size_t i = 0; i < kMost; ++i) {
    const std::size_t from_end = std::min(i, kBars);
    bars[from_end] += negative_[i];
    bars[2 * kBars - from_end] += positive_[i];
  }
  return bars;
}

template <typename Number>
void ExponentCounts<Number>::add(std::span<const Number> numbers) {
  using Bits = std::conditional_t<sizeof(Number) == sizeof(float), std::uint32_t, std::uint64_t>;
  const auto bin = [](Number number) {
    return static_cast<std::size_t>(std::bit_cast<Bits>(number) >> kFraction);
  };
  std::size_t i = 0;
  for (; i + kTables <= numbers.size(); i += kTables) {
    for (std::size_t table = 0; table < kTables; ++table) ++tables_[table][bin(numbers[i + table])];
  }
  for (; i < numbers.size(); ++i) ++tables_[0][bin(numbers[i])];
}

template <typename Number>
std::uint64_t ExponentCounts<Number>::in_bin(std::size_t bin) const {
  std::uint64_t count = 0;
  for (const auto& table : tables_) count += table[bin];
  return count;
}

template <typename Number>
std::uint64_t ExponentCounts<Number>::smallest() const {
  return of_exponent(0);
}

template <typename Number>
std::uint64_t ExponentCounts<Number>::not_finite() const {
  return of_exponent(kSpecial);
}

template <typename Number>
void ExponentCounts<Number>::add_to(Octaves& octaves) const {
  octaves.add_smallest(smallest());
  constexpr int kBias = std::numeric_limits<Number>::max_exponent - 1;
  // From the largest down, so that none has to make room for a larger one.
  for (std::size_t exponent = kSpecial - 1; exponent > 0; --exponent) {
    const int power = static_cast<int>(exponent) - kBias;
    octaves.add(power, false, in_bin(exponent));
    octaves.add(power, true, in_bin(kBins / 2 + exponent));
  }
}

template class ExponentCounts<float>;
template class ExponentCounts<double>;

}  // namespace aerotool::tasks
