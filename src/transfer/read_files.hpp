// Which files of its models a layout is read from.
#pragma once

#include <vector>

#include "model/model.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

/// All but those that hold tensors of a model and none that the layout needs: an index, which holds none, is
/// among them. All of a model that does not say which file a tensor lies in.
FileChoice files_read(const std::vector<const Model*>& models, const TensorLayout& layout);

}  // namespace aerotool
