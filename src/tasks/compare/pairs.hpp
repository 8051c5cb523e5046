// Which tensors of two models belong together, and which of them have to be read to tell what differs.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "tasks/compare/comparable_numbers.hpp"
#include "tasks/compare/weights.hpp"

namespace aerotool::tasks {

/// A tensor that is in both models, by its numbers in them.
struct Pair {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::size_t a = 0;
  std::size_t b = 0;
  /// Quantized weights of one layout, whose parts are pairs behind this one: where all of those are the same,
  /// so are the weights, and nothing is decoded.
  bool has_parts = false;
  std::size_t whole = kNone;  ///< of a part: the place of the weights among the pairs
};

bool same_form(const Tensor& a, const Tensor& b);

/// Sorts out what can be told without reading weights, and puts it into `found`; returns what has to be read.
std::vector<Pair> pair_up(const ComparedModel& a, const ComparedModel& b, const CompareOptions& options,
                          const std::optional<ComparableNumbers>& numbers, WeightDifference& found);

}  // namespace aerotool::tasks
