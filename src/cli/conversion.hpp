// What convert and pack-set share of the command line.
#pragma once

#include "cli/command.hpp"
#include "tasks/convert/target.hpp"

namespace aerotool::cli {

/// Converts all operands but the last to the target; or prints the plan, with --dry-run. Returns the exit
/// status.
int run_conversion(const Arguments& arguments, const WriteOptions& options, tasks::Target target);

}  // namespace aerotool::cli
