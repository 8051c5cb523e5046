// The tensors of a merge: which of each model belong together, and what is made of them.
#pragma once

#include <vector>

#include "tasks/convert/computed.hpp"
#include "tasks/merge/output_tensors.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// The tensors of the output in the order of their names; those whose values are rounded are noted in
/// `computed`. Throws RequestError where names, shapes or integers differ.
std::vector<PlannedTensor> merge_tensors(const MergeTask& task, std::vector<ComputedTensor>& computed);

}  // namespace aerotool::tasks
