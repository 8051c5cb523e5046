// What is said of a plan: the plan itself, and what it does not keep.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "transfer/plan.hpp"

namespace aerotool::commands {

/// The answer to --dry-run: files or shards, sizes, what is not kept, which files would go, and the room
/// there is at `output`.
void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary,
                const ExistingFiles& existing);

/// Warnings for what `output` loses, but with --quiet; with --verbose a line for all else that is dropped.
void tell_what_is_not_kept(const cli::Arguments& arguments, const std::string& output,
                           const PlanSummary& summary);

}  // namespace aerotool::commands
