// What the tables of diff have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/compare/weights.hpp"

namespace aerotool::commands {

inline constexpr const char* kNothing = "-";

/// One text where both are the same.
std::string in_both(const std::string& a, const std::string& b);

const Tensor& any_side(const tasks::TensorDifference& difference);

/// What describes one side, or both where they are not the same.
template <typename Describe>
std::string sides_text(const tasks::TensorDifference& difference, Describe describe) {
  if (difference.a == nullptr || difference.b == nullptr) return describe(any_side(difference));
  return in_both(describe(*difference.a), describe(*difference.b));
}
std::string dtypes_text(const tasks::TensorDifference& difference);
std::string shapes_text(const tasks::TensorDifference& difference);

/// "only in A", "dtype, shape", "bytes", "parts"
std::string change_text(const tasks::TensorDifference& difference);

std::string number_text(std::optional<double> number);
/// "0.5 at 17"
std::string max_text(const tasks::NumericDifference& numeric);
/// Three cells: NaN, Inf, unlike.
void add_special_counts(const tasks::NumericDifference& numeric, std::vector<std::string>& cells);

}  // namespace aerotool::commands
