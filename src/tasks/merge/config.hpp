// Merges as mergekit's configuration files describe them (its schema as of 0.1.5).
#pragma once

#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"

namespace aerotool::tasks {

/// The recipe of the file that the request names. Models that the file calls A, B ... are the operands of the
/// command line, where there are any. Throws RequestError that names a key that is not known here, or what it
/// says in vain; IoError and CorruptError.
Recipe recipe_of_config(const MergeRequest& request);

}  // namespace aerotool::tasks
