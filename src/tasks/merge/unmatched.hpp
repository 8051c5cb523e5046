// What the parameters of a merge say of tensors that it does not have.
#pragma once

#include <vector>

#include "tasks/listener.hpp"
#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// A warning for each pattern, and each part of a name, that takes none of the tensors that are made.
void warn_of_unmatched_parameters(const Recipe& recipe, const MergeRequest& request,
                                  const std::vector<PlannedTensor>& tensors, const Listener& listener);

}  // namespace aerotool::tasks
