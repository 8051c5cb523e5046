// The options that say how a model is written, and what they make of a plan.
#pragma once

#include <vector>

#include "cli/command.hpp"
#include "transfer/plan.hpp"

namespace aerotool::commands {

std::vector<cli::Option> write_options();
/// Those that only a set of parts has a use for.
std::vector<cli::Option> set_options();

/// Throws UsageError.
void apply_write_options(const cli::Arguments& arguments, Plan& plan);

}  // namespace aerotool::commands
