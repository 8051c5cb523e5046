// That a plan is published, for those who come again: a note beside the plan says which state of which files
// that was. The set itself has no sign of the plan that it was made by.
#pragma once

#include <string>

#include "tasks/listener.hpp"
#include "tasks/set_plan/plan_file.hpp"

namespace aerotool::tasks {

/// Whether the files of the plan are in the directory as they were when it was published. Never of a plan
/// that came from a pipe. Throws IoError.
bool is_published(const std::string& directory, const ReadPlan& plan);

/// Writes the note. Where the plan lies in a directory that cannot be written to, whoever comes again is not
/// to know. Throws IoError.
void note_published(const std::string& directory, const ReadPlan& plan, const Listener& listener);

/// Removes a note of this plan that does not hold any more. Throws IoError.
void forget_unpublished(const std::string& directory, const ReadPlan& plan);

}  // namespace aerotool::tasks
