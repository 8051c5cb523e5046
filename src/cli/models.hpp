// What commands share in getting at models and their tensors.
#pragma once

#include <memory>
#include <string>

#include "cli/command.hpp"
#include "model/model.hpp"
#include "tasks/open.hpp"

namespace aerotool::cli {

/// --from, which every command that reads models takes.
Option from_option();

/// --follow-links, likewise.
Option follow_links_option();

/// What these options say.
tasks::ReadOptions read_options(const Arguments& arguments);

/// Opens a model to use it; what is worth a warning goes to standard error.
std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path);

}  // namespace aerotool::cli
