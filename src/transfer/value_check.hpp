// The values of a model whose tensors lie in several files, or not as they are read.
#pragma once

#include "model/model.hpp"

namespace aerotool {

/// Notes NaN, infinities and tensors that are all zero, over a read of one tensor after the other. Throws
/// what Model::read throws.
void check_values(const Model& model, const CheckOptions& options, Report& report);

}  // namespace aerotool
