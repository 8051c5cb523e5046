// Version 2 has bools of 0 and 1 alone (src/formats/ztensor/FORMAT.md, "Logical types"); other formats do not
// say.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::ztensor {

/// Reads all bools of a plan. Throws UnsupportedError that names the first other value.
void require_bools(const Plan& plan);

}  // namespace aerotool::ztensor
