// The objects (model/object.hpp) of a plan's models that the plan writes whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/object.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

/// In the order of the models; their parts are indexes into Plan::tensors. An object of which a tensor is
/// left out, renamed or changed is none any more: its other tensors stand by themselves.
std::vector<Object> planned_objects(const Plan& plan);

/// For a format that has tensors alone. Throws UnsupportedError that names the tensors of objects which mean
/// more than each tensor says, unless write::components() asks for them; `lost` says what is lost then, and
/// of objects of one tensor.
void require_tensors(const Plan& plan, std::string_view format, std::vector<std::string>& lost);

}  // namespace aerotool
