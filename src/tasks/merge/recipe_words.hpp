// The words of a command line, as recipes hold them.
#pragma once

#include <string>

#include "tasks/merge/request.hpp"

namespace aerotool::tasks {

/// Appends a space and a word as a shell takes it.
void append_word(std::string& recipe, const std::string& word);

/// Appends "--name value".
void append_option(std::string& recipe, const std::string& name, const std::string& value);

/// Appends what decides with every method and every configuration what is made: dtypes, seed, and what is
/// done about missing tensors.
void append_common_options(std::string& recipe, const MergeRequest& request);

}  // namespace aerotool::tasks
