// How large numbers are: how many of each sign lie between two powers of two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace aerotool::tasks {

/// Counts the largest octaves that have numbers, and together all that is smaller. The same whatever order
/// numbers come in.
class Octaves {
 public:
  static constexpr std::size_t kMost = 12;

  /// Numbers of which 2^exponent <= |x| < 2^(exponent + 1).
  void add(int exponent, bool negative, std::uint64_t count);
  /// Zeros, and numbers that are smaller than any normal one of their type, and than 1.
  void add_smallest(std::uint64_t count) { small_ += count; }
  void append(const Octaves& next);

  /// Bin i has the numbers between edges i and i + 1; one that is an edge is in the bin farther from 0.
  struct Histogram {
    std::vector<double> edges;  ///< one more than counts; ascending
    std::vector<std::uint64_t> counts;
  };
  /// From the first to the last bin with numbers; the bin around 0 is always there, and has what lies below
  /// the smallest octave that is told.
  Histogram histogram() const;

  /// So many bars on each side of that around 0: the largest octaves, with nothing left out.
  static constexpr std::size_t kBars = 7;
  std::array<std::uint64_t, 2 * kBars + 1> bars() const;

 private:
  using Counts = std::array<std::uint64_t, kMost>;  // the largest octave first
  /// Makes `exponent` the largest.
  void raise(int exponent);

  static constexpr int kNone = -10000;
  int top_ = kNone;  // of the largest octave
  std::uint64_t small_ = 0;
  Counts negative_{};
  Counts positive_{};
};

/// Counts the exponents of numbers as they lie in memory.
template <typename Number>
class ExponentCounts {
 public:
  void add(std::span<const Number> numbers);
  /// Zeros and subnormal numbers.
  std::uint64_t smallest() const;
  /// NaNs and infinities.
  std::uint64_t not_finite() const;
  /// What is finite.
  void add_to(Octaves& octaves) const;

 private:
  static constexpr unsigned kFraction = sizeof(Number) == sizeof(float) ? 23 : 52;
  static constexpr std::size_t kBins = std::size_t{1}
                                       << (8 * sizeof(Number) - kFraction);  // sign and exponent
  static constexpr std::size_t kSpecial = kBins / 2 - 1;
  // Several, as numbers that follow each other often have one exponent, and would wait for each other.
  static constexpr std::size_t kTables = sizeof(Number) == sizeof(float) ? 4 : 1;

  std::uint64_t in_bin(std::size_t bin) const;
  /// Of either sign.
  std::uint64_t of_exponent(std::size_t exponent) const {
    return in_bin(exponent) + in_bin(kBins / 2 + exponent);
  }

  // Not a multiple of 4096 bytes apart: processors take such addresses for the same at first.
  static constexpr std::size_t kPadding = 8;
  std::array<std::array<std::uint64_t, kBins + kPadding>, kTables> tables_{};
};

}  // namespace aerotool::tasks
