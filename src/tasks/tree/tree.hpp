// A model as a tree of its modules, in as few lines as tell all of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/tree/item.hpp"
#include "tasks/tree/order.hpp"

namespace aerotool::tasks {

struct DTypeSize {
  std::string_view name;
  std::uint64_t size = 0;
};

/// A tensor, a module, or several of them that are the same but for their names.
struct TreeRow {
  std::string name;                              ///< within the row above it: "mlp.{gate,up,down}_proj"
  std::vector<std::vector<std::string>> folded;  ///< what each pair of braces in it stands for
  std::uint64_t count = 1;                       ///< how many it is, in all of those above it
  Totals totals;                                 ///< of all of these
  std::vector<DTypeSize> dtypes;                 ///< the largest first
  FilePlace place;                               ///< of what comes first in the file
  std::vector<TreeRow> children;
};

struct Tree {
  Totals totals;
  std::vector<TreeRow> rows;
};

inline constexpr std::size_t kAllLevels = static_cast<std::size_t>(-1);

/// Siblings of one kind are one row, a module that holds one row is joined with it, and so is one at the top
/// beside which there are tensors alone. `levels` of rows are shown at the most, one at least; but for
/// kAllLevels, what holds "weight" and "bias" alone is one row. The texts of the items outlive the result.
Tree tree_of(std::vector<TreeItem> items, std::size_t levels, const Order& order);

}  // namespace aerotool::tasks
