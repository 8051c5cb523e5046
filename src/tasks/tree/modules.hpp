// Names of tensors, taken apart at their dots and slashes, as a tree of modules.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tasks/tree/item.hpp"

namespace aerotool::tasks {

/// A tensor, or a module: what has the same first parts in its name.
struct ModuleNode {
  std::string_view label;  ///< its parts of the name; several where a module holds nothing but the next one
  char separator = 0;      ///< between the module that it is in and the label; 0 at the top
  std::size_t begin = 0;   ///< its items are from here
  std::size_t end = 0;     ///< to here
  std::uint32_t kind = 0;  ///< the same for all that hold the same names, dtypes and sizes
  std::vector<ModuleNode> children;  ///< in natural order; empty for a tensor
};

/// Deeper than any model: the rest of a name is one part.
inline constexpr std::size_t kMostLevels = 64;

/// `items` are in the natural order of their names. There are at most twice as many nodes.
std::vector<ModuleNode> modules_of(std::span<const TreeItem> items);

/// The first part of a label.
std::string_view first_part(std::string_view label);

}  // namespace aerotool::tasks
