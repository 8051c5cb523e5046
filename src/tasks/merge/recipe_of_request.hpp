// The recipe that the words of a command line make.
#pragma once

#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"

namespace aerotool::tasks {

/// Throws RequestError where it makes no sense. The slices' layers are those that the request names; a whole
/// model has none yet.
Recipe recipe_of_request(const MergeRequest& request);

}  // namespace aerotool::tasks
