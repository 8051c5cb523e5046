// What GGUF's metadata says of the types of its tensors.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// Where most of the weights have another type than before, sets GGUF's general.file_type to what llama.cpp
/// calls that, or removes it where that has no name for it; for a model that says it, and unless the plan
/// edits it already.
void plan_file_type(Plan& plan);

}  // namespace aerotool::tasks
