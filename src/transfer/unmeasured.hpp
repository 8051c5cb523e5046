// Tensors of which only the distance to the next one is known (is_unmeasured): no writer passes them on.
#pragma once

#include <string_view>

#include "transfer/plan.hpp"
#include "transfer/refusals.hpp"

namespace aerotool {

/// Notes such a tensor; false where it is none.
bool refuse_unmeasured(const PlannedTensor& planned, Refusals& refusals);

/// Throws UnsupportedError where the plan has any; `format` is what messages call the target.
void require_measured(const Plan& plan, std::string_view format);

}  // namespace aerotool
