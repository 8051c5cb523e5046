// Tensors that lie one behind the other in a file, summed by the modules that their names tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/map/map.hpp"

namespace aerotool::commands {

/// A line of a map: a region, or several of one module.
struct MapLine {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string_view module;    ///< a name's beginning; empty where the line is one region as it is
  std::uint64_t tensors = 0;  ///< of the module
  std::uint64_t around = 0;   ///< bytes before, between and behind them, which count
  const tasks::MappedRegion* region = nullptr;  ///< the first one; of a module the first tensor
};

/// The name up to its first part that is a number, else so many parts of it: "blk.0", "model.embed_tokens".
std::string_view module_of(std::string_view name, std::size_t parts);

/// The lines of regions that lie one behind the other: each by itself where few of them are tensors or `all`
/// is set, else as few lines as modules make of them.
std::vector<MapLine> lines_of(std::span<const tasks::MappedRegion> regions, bool all);

}  // namespace aerotool::commands
