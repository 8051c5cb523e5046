// A set that several processes write after a plan: what each of its steps does (src/BEHAVIOUR.md, "Plans").
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tasks/convert/request.hpp"
#include "tasks/listener.hpp"
#include "tasks/set_plan/part_choice.hpp"
#include "tasks/set_plan/plan_file.hpp"
#include "tasks/set_plan/staging.hpp"

namespace aerotool::tasks {

/// The plan for what a request asks for; `command` is how the user asked. Reads what describes the inputs.
/// Throws RequestError where it is not divided, or where what is there must not be replaced, and what a
/// conversion throws.
PlanDocument plan_set(const ConvertRequest& request, const PlannedCommand& command, const Listener& listener);

/// Looks at the output directory and the staging directory in it; reads no inputs.
PlanStatus status_of_set(const std::string& directory, const ReadPlan& plan);

/// Writes these parts, but for those that are there already. Throws RequestError where the plan has no such
/// part or the inputs are not those that it was made of.
void write_parts(const ConvertRequest& request, const ReadPlan& plan, const std::vector<PartRange>& parts,
                 const Listener& listener);

/// Puts the set in its place, where no part is missing. `full`: reads the parts and compares their SHA-256
/// with those of their receipts; a part that differs is damaged, and missing from then on. Throws as
/// write_parts() does.
PlanStatus publish_set(const ConvertRequest& request, const ReadPlan& plan, bool full,
                       const Listener& listener);

/// Removes what the parts have left; files that are in their places stay, and the note that they are. Throws
/// IoError.
void clear_set(const std::string& directory, const ReadPlan& plan);

}  // namespace aerotool::tasks
