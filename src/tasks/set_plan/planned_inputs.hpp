// Which inputs a plan was made of, and whether they are still the same.
#pragma once

#include <vector>

#include "model/model.hpp"
#include "tasks/set_plan/part_choice.hpp"
#include "tasks/set_plan/plan_file.hpp"

namespace aerotool::tasks {

/// The files of models. Throws RequestError where one cannot be read again by another process, as it was
/// spooled, or has a path that is not UTF-8.
std::vector<PlannedInput> planned_inputs(const std::vector<const Model*>& models);
PlannedInput planned_input(const io::Input& input);
std::vector<PlannedInput> planned_side_files(const std::vector<SideFile>& files);

/// A name as JSON keeps it.
std::string replaced_where_not_utf8(const std::string& name);

/// Throws RequestError where another plan would be made now: it names the first input that has changed.
void require_same_plan(const ReadPlan& plan, const PlanDocument& now);

/// Throws RequestError where the plan has no such part.
void require_parts(const ReadPlan& plan, const std::vector<PartRange>& parts);

}  // namespace aerotool::tasks
