// What the metadata of a merged model says of the merge.
#pragma once

#include <memory>
#include <vector>

#include "tasks/merge/recipe.hpp"
#include "transfer/content_id.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// Plans merge_method, merge_recipe, merge_inputs and tensor_count. The ids in merge_inputs, which only a
/// read over the weights tells, are filled in by the returned function.
std::function<void()> plan_provenance(const Recipe& recipe, std::vector<HashedModel*> models, Plan& plan);

}  // namespace aerotool::tasks
