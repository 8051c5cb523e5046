// What the members of an archive of arrays are called, and which names it can have.
#pragma once

#include <vector>

#include "transfer/archive_layout.hpp"
#include "transfer/plan.hpp"

namespace aerotool::npz {

/// Throws UnsupportedError where a name is none that a reader would find again.
ArchiveContent members_of(const Plan& plan, std::vector<PlannedTensor> tensors);

}  // namespace aerotool::npz
