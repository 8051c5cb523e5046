// The tensors of a merge: which of each model belong together, and what is made of them.
#pragma once

#include <string>
#include <vector>

#include "tasks/convert/computed.hpp"
#include "tasks/listener.hpp"
#include "tasks/merge/merge_input.hpp"
#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

struct MergeTask {
  const Recipe& recipe;
  const std::vector<MergeInput>& inputs;  ///< of the recipe's models; they outlive what is planned
  const MergeRequest& request;            ///< its dtypes, and what is done about missing tensors
  const Listener& listener;
};

/// The tensors of the output in the order of their names; those whose values are rounded are noted in
/// `computed`. Throws RequestError where names, shapes or integers differ.
std::vector<PlannedTensor> merge_tensors(const MergeTask& task, std::vector<ComputedTensor>& computed);

}  // namespace aerotool::tasks
