// How diff --dequantize tells how far the values of two models are apart, whatever types hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/json_out.hpp"
#include "cli/text_out.hpp"
#include "tasks/compare/weights.hpp"

namespace aerotool::commands {

/// What is known of the values of a tensor that is in both and differs.
enum class Values { equal, differ, not_compared };
Values judge_values(const tasks::TensorDifference& difference);
std::string_view name_of(Values values);  ///< "not_compared"
std::uint64_t count_values(const tasks::WeightDifference& difference, Values values);

/// " (2 with equal values, 1 with values that were not compared)"; empty where all values differ.
std::string values_note(const tasks::WeightDifference& difference);

/// A table that sums up by types, and one of tensors; nothing where no tensor differs.
void print_values(const tasks::WeightDifference& difference, cli::TextOut& out);

/// The members "types" and "numeric".
void add_types(const tasks::WeightDifference& difference, cli::JsonOut& json);

}  // namespace aerotool::commands
