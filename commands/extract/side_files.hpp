// extract --file: side files of a model out.
#pragma once

#include "cli/command.hpp"
#include "model/model.hpp"

namespace aerotool::commands {

/// Writes the side files that --file names, by their path or a pattern, to --output: their bytes have been
/// held to the hash that the model has of them before they are in place. Returns the exit status.
int extract_side_files(const cli::Arguments& arguments, const Model& model);

}  // namespace aerotool::commands
