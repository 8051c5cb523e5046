// What commands share in getting at models and their tensors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "model/model.hpp"
#include "registry.hpp"

namespace aerotool::cli {

/// --from, which every command that reads models takes.
Option from_option();

/// --follow-links, likewise.
Option follow_links_option();

/// What the options of a command that reads models say of how to open them.
OpenOptions open_options(const Arguments& arguments);

/// Opens a model to use it; what is worth a warning goes to standard error.
std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path);

/// Shell patterns (* ? [...]) over whole names; * matches dots and slashes too.
bool matches(const std::string& pattern, const std::string& name);
bool is_pattern(std::string_view text);
bool matches_any(const std::vector<std::string>& patterns, const std::string& name);

/// At most three names of a model that are most like `name`, the nearest first.
std::vector<std::string> nearest_names(const Model& model, const std::string& name);

}  // namespace aerotool::cli
