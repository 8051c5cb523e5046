// What --dry-run prints.
#pragma once

#include <string>

#include "model/plan.hpp"

namespace aerotool::commands {

void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary);

}  // namespace aerotool::commands
