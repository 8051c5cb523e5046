// A model as groups of its tensors.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/tree/item.hpp"
#include "tasks/tree/order.hpp"

namespace aerotool::tasks {

struct Group {
  std::string name;
  Totals totals;
  FilePlace place;  ///< of what comes first in the file
};

/// What an item belongs to.
using GroupOf = std::function<std::string_view(const TreeItem& item)>;

/// In the order of their first items, where no other is asked for.
std::vector<Group> groups_of(const std::vector<TreeItem>& items, const GroupOf& group_of,
                             const std::optional<Order>& order);

/// The layer that a tensor is in: its name up to the first part that is a number, or "layer" or "block" with
/// one: "model.layers.3"; where there is none, the module that it is in.
std::string_view layer_of(std::string_view name);

}  // namespace aerotool::tasks
