// What list tells of the numbers of tensors.
#pragma once

#include <cstddef>

#include "cli/json_out.hpp"
#include "cli/text_out.hpp"
#include "tasks/statistics/statistics.hpp"

namespace aerotool::commands {

/// A line for each tensor; on a terminal a table with a picture.
void print_stats(const tasks::Statistics& statistics, cli::TextOut& out);

/// The member "stats" of a tensor, by its place; where it is null, "no_stats" says why.
void add_stats(const tasks::Statistics& statistics, std::size_t place, cli::JsonOut& json);

}  // namespace aerotool::commands
