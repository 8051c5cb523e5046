// The small files beside a model that say something of its weights: config.json, adapter_config.json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace aerotool::tasks {

std::string text_of(const SideFile& file);
/// Gives it another text, of which the model has no hash.
void replace_text(SideFile& file, std::string text);

/// The text of a file that is called so: among the model's side files, or else beside its file on this
/// machine. Empty where there is none. Throws UnsupportedError where it has more than 16 MiB, and IoError.
std::string text_beside(const Model& model, const std::vector<SideFile>& side_files, std::string_view name);

}  // namespace aerotool::tasks
