// extract --file: side files of a model out.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"
#include "tasks/extract/extract.hpp"

namespace aerotool::tasks {

/// Writes the side files that have these paths or match these patterns to `output`, as extract() takes it:
/// their bytes have been held to the hash that the model has of them before they are in place. A pattern that
/// matches nothing leaves nothing to write.
Extracted extract_side_files(const Model& model, const std::vector<std::string>& wanted,
                             const std::string& output);

}  // namespace aerotool::tasks
