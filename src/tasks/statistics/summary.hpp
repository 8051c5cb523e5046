// What the numbers in a run of bytes are like.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "core/bytes.hpp"
#include "encoding/value.hpp"
#include "tasks/compare/number_blocks.hpp"
#include "tasks/statistics/octaves.hpp"

namespace aerotool::tasks {

/// Sums over finite numbers, in double; infinite or NaN where they are too large for that.
struct Moments {
  std::uint64_t count = 0;
  double sum = 0;
  double squares = 0;  ///< of what the numbers are apart from their mean

  /// Takes in those of the numbers behind these.
  void append(const Moments& next);
  double mean() const { return sum / static_cast<double>(count); }
};

struct NumberSummary {
  Moments moments;  ///< of what is finite
  std::uint64_t zeros = 0;
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  // The smallest and the largest finite number, as unsigned numbers of the same order: doubles, or what
  // 64-bit integers are.
  std::uint64_t min = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max = 0;
  Octaves octaves;

  void append(const NumberSummary& next);

  std::uint64_t count() const { return moments.count + nan + infinite; }
  // Nothing where no number is finite, or they are too large.
  std::optional<double> mean() const;
  /// The standard deviation, of all numbers and not of a sample.
  std::optional<double> deviation() const;
};

/// Of whole blocks, or elements. The order of additions depends on nothing but their number.
NumberSummary summarize(const NumberBlocks& blocks, ByteSpan bytes);

/// NumberSummary::min or max of elements of `dtype`, exact, in a type that shows in as few digits as its
/// numbers need.
Value exact_extreme(const DType& dtype, std::uint64_t ordered);

}  // namespace aerotool::tasks
