// What convert and pack-set do once they know where to.
#pragma once

#include "cli/command.hpp"
#include "commands/convert/target.hpp"

namespace aerotool::commands {

/// Opens the inputs, plans, and writes to the target; or prints the plan, with --dry-run. Returns the exit
/// status.
int run_conversion(const cli::Arguments& arguments, const Target& target);

}  // namespace aerotool::commands
