// The options that say how a model is written.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "transfer/plan.hpp"

namespace aerotool::cli {

std::vector<Option> write_options();
/// Those that only a set of parts has a use for.
std::vector<Option> set_options();

/// What all these say. Throws UsageError.
WriteOptions write_options_of(const Arguments& arguments);

/// The text of an option. Throws UsageError where it is not UTF-8.
std::string checked_text(const Arguments& arguments, const std::string& option);

}  // namespace aerotool::cli
