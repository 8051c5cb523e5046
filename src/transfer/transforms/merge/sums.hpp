// Merges that are weighted sums: of models, and of their differences from a base.
#pragma once

#include <vector>

#include "transfer/transforms/merge/merged_values.hpp"

namespace aerotool::merging {

struct Weighted {
  Values values;
  double weight = 1;
};

/// The sum of all, in their order; divided by the sum of the weights with `normalize` (0 / 0 is NaN).
Values linear(const std::vector<Weighted>& models, bool normalize);

/// base + lambda * the sum of all weighted differences from it, which is divided by the sum of the weights,
/// where that is not zero, with `normalize`.
Values task_arithmetic(Values base, const std::vector<Weighted>& models, double lambda, bool normalize);

/// The numbers times a factor.
Values scaled(Values values, double factor);

}  // namespace aerotool::merging
