// The objects (model/object.hpp) of a plan's models that the plan writes whole.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/object.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

/// In the order of the models; their parts are indexes into Plan::tensors. An object of which a tensor is
/// left out or changed is none any more: its other tensors stand by themselves. One whose parts are renamed
/// is called as name_with_parts() says, and is none where that is nothing.
std::vector<Object> planned_objects(const Plan& plan);

/// What an object is called once its parts, tensors of these, have other names, which are given in their
/// order. A part is called as its object, or that with a dot and its role; so it has to stay. An object whose
/// parts keep their names keeps its own.
std::optional<std::string> name_with_parts(const Object& object, std::span<const Tensor> tensors,
                                           std::span<const std::string_view> names);

/// For a format that has tensors alone. Throws UnsupportedError that names the tensors of objects which mean
/// more than each tensor says, unless write::components() asks for them; `lost` says what is lost then, and
/// of objects of one tensor.
void require_tensors(const Plan& plan, std::string_view format, std::vector<std::string>& lost);

}  // namespace aerotool
