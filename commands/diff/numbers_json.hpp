// What diff tells of numbers in JSON.
#pragma once

#include "cli/json_out.hpp"
#include "tasks/compare/numeric.hpp"

namespace aerotool::commands {

/// The member "numeric". Without an element where numbers are of several tensors.
void add_numeric(const tasks::NumericDifference& numeric, cli::JsonOut& json, bool with_element = true);

}  // namespace aerotool::commands
