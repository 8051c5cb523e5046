// A plan as text.
#pragma once

#include <string>

#include "transfer/plan.hpp"

namespace aerotool::cli {

/// The answer to --dry-run: files or shards, sizes, what is not kept, which files would go, and the room
/// there is at `output`.
void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary,
                const ExistingFiles& existing);

}  // namespace aerotool::cli
