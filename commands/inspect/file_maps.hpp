// The maps of a model's files, as `inspect --map` shows them.
#pragma once

#include <vector>

#include "cli/json_out.hpp"
#include "cli/text_out.hpp"
#include "tasks/map/map.hpp"

namespace aerotool::commands {

/// One region a line: for a terminal a table that fits it, in which many tensors are summed by module unless
/// all are asked for; else fields with tabs between.
void print_maps(const std::vector<tasks::FileMap>& maps, bool is_packed, bool all, cli::TextOut& out);

/// As the member "map".
void add_maps(const std::vector<tasks::FileMap>& maps, cli::JsonOut& json);

}  // namespace aerotool::commands
