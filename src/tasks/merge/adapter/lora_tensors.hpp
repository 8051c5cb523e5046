// The tensors of a base into which adapters are merged.
#pragma once

#include <vector>

#include "tasks/convert/computed.hpp"
#include "tasks/merge/output_tensors.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// The tensors of the recipe's base, in the order of their names: each with what the adapters, its sources,
/// add to it, or put in its place. Those whose values are rounded are noted in `computed`. Throws
/// RequestError where something of an adapter fits nothing in the base, and what read_adapter() throws.
std::vector<PlannedTensor> lora_tensors(const MergeTask& task, std::vector<ComputedTensor>& computed);

}  // namespace aerotool::tasks
