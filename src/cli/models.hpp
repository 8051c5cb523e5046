// What commands share in getting at models and their tensors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/patterns.hpp"
#include "model/model.hpp"
#include "registry/registry.hpp"

namespace aerotool::cli {

/// --from, which every command that reads models takes.
Option from_option();

/// --follow-links, likewise.
Option follow_links_option();

/// What the options of a command that reads models say of how to open them.
OpenOptions open_options(const Arguments& arguments);

/// open_model(), with a bar where that lasts.
std::unique_ptr<Model> open_with_bar(const Arguments& arguments, const std::string& path, Report& report);

/// Opens a model to use it; what is worth a warning goes to standard error, but for the codes `but`.
std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path,
                            const std::vector<Code>& but = {});

/// A warning for each pattern that matches nothing in a model.
void warn_of_unmatched(const Arguments& arguments, const Model& model, const std::vector<Pattern>& patterns);

/// At most three names of a model that are most like `name`, the nearest first.
std::vector<std::string> nearest_names(const Model& model, const std::string& name);

}  // namespace aerotool::cli
