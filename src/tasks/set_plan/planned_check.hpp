// A check of a model that several processes do after a plan, a file each.
#pragma once

#include <optional>
#include <string>

#include "tasks/check/check.hpp"
#include "tasks/listener.hpp"
#include "tasks/set_plan/plan_file.hpp"
#include "tasks/set_plan/staging.hpp"
#include "tasks/set_plan/verdict.hpp"

namespace aerotool::tasks {

/// The plan for a check; `command` is how the user asked. Reads no weights. Throws RequestError where the
/// model is one file, and what open_model() throws.
PlanDocument plan_check(const CheckRequest& request, const PlannedCommand& command, const Listener& listener);

/// Which verdicts are missing beside the plan.
PlanStatus status_of_check(const ReadPlan& plan);

/// Checks the file of a part and leaves a verdict. Throws RequestError where the inputs are not those that
/// the plan was made of.
Verdict check_part(const CheckRequest& request, const ReadPlan& plan, std::size_t part,
                   const Listener& listener);

/// What a check of the whole model would find, by the verdicts, of which none is missing. Throws as
/// check_part() does.
Judgement sum_up(const CheckRequest& request, const ReadPlan& plan, const Listener& listener);

/// Removes the verdicts. Throws IoError.
void clear_check(const ReadPlan& plan);

}  // namespace aerotool::tasks
