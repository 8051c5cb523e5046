// How far two runs of numbers are apart.
#pragma once

#include <cstdint>
#include <optional>

#include "tasks/compare/number_blocks.hpp"

namespace aerotool::tasks {

/// Sums over pairs of elements, in double. Only pairs of which both are finite count, but for the numbers of
/// NaNs and infinities. Sums may overflow to infinity where numbers beyond 1e150 are compared.
struct NumericDifference {
  std::uint64_t pairs = 0;  ///< of finite elements
  std::uint64_t nan_a = 0;
  std::uint64_t nan_b = 0;
  std::uint64_t inf_a = 0;
  std::uint64_t inf_b = 0;
  /// Pairs of which just one side is NaN, just one is infinite, or both are, with different signs.
  std::uint64_t unlike = 0;
  double max = 0;                 ///< the largest |a - b|
  std::uint64_t max_element = 0;  ///< the first element where it is; of meaning where max is not 0
  double sum = 0;                 ///< of |a - b|
  double squares = 0;             ///< of (a - b)^2
  double dot = 0;                 ///< of a * b
  double squares_a = 0;
  double squares_b = 0;
  /// The largest finite |a| or |b| of F64, the only dtype whose squares may under- or overflow.
  double largest = 0;

  /// Takes in what was found in the elements behind these.
  void append(const NumericDifference& next);

  // Nothing where there are no pairs.
  std::optional<double> mean() const;
  std::optional<double> rms() const;
  /// Nothing where a norm is 0 or not finite; 1 where no pair differs.
  std::optional<double> cosine() const;
  /// RMS as a part of the larger of both sides' own: 0 to 2. Where squares under- or overflow, the largest
  /// difference as a part of the largest number.
  std::optional<double> relative() const;
  /// The same in dB, the better the larger: infinite where no pair differs.
  std::optional<double> signal_to_noise() const;
  /// relative(), but infinite where pairs are unlike, because no finite difference is as grave: equal numbers
  /// of NaNs or infinities would not tell, they may have moved. 0 where there is nothing to tell.
  double gravity() const;
  /// Whether each number is the same in both, a NaN being the same as any other, and -0 as 0.
  bool equal() const { return max == 0 && unlike == 0; }
};

/// Compares as many elements as both runs have, whole blocks; the first is element `first` of its tensor. The
/// order of additions depends on nothing but their number.
NumericDifference compare_numbers(const NumberBlocks& blocks_a, ByteSpan a, const NumberBlocks& blocks_b,
                                  ByteSpan b, std::uint64_t first);

}  // namespace aerotool::tasks
