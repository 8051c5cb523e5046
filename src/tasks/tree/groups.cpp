#include "tasks/tree/groups.hpp"

#include <algorithm>
#include <unordered_map>

#include "tasks/tree/modules.hpp"

namespace aerotool::tasks {
namespace {

/// "3", "layer_3", "block3"
bool is_layer(std::string_view part) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t before = part.find_last_not_of(kDigits);
  if (before == std::string_view::npos) return !part.empty();
  return before + 1 != part.size() && (part.starts_with("layer") || part.starts_with("block"));
}

}  // namespace

std::string_view layer_of(std::string_view name) {
  std::size_t module = 0;  // where the name of the module ends
  for (std::size_t begin = 0;;) {
    const std::string_view part = first_part(name.substr(begin));
    const std::size_t end = begin + part.size();
    if (is_layer(part)) return name.substr(0, end);
    if (end == name.size()) return begin == 0 ? name : name.substr(0, module);
    module = end;
    begin = end + 1;
  }
}

std::vector<Group> groups_of(const std::vector<TreeItem>& items, const GroupOf& group_of,
                             const std::optional<Order>& order) {
  std::vector<Group> groups;
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (const TreeItem& item : items) {
    const std::string_view name = group_of(item);
    const auto [known, is_new] = numbers.try_emplace(name, groups.size());
    if (is_new) groups.push_back({std::string(name), {}, item.place});
    Group& group = groups[known->second];
    group.totals.add(item);
    group.place = std::min(group.place, item.place);
  }
  if (order) {
    sort_lines(groups, *order, [](const Group& group) {
      return SortKey{group.name, group.name, group.totals.size, group.place};
    });
  }
  return groups;
}

}  // namespace aerotool::tasks
