#include "tasks/tree/modules.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace aerotool::tasks {
namespace {

constexpr std::string_view kSeparators = "./";

/// Numbers for what nodes hold.
class Kinds {
 public:
  std::uint32_t of_tensor(const TreeItem& item) {
    return tensors_.try_emplace({item.dtype, item.size, item.parameters}, next()).first->second;
  }

  std::uint32_t of_module(const std::vector<ModuleNode>& children) {
    std::vector<Member> members;
    members.reserve(children.size());
    for (const ModuleNode& child : children) members.emplace_back(child.label, child.separator, child.kind);
    return modules_.try_emplace(std::move(members), next()).first->second;
  }

 private:
  using Member = std::tuple<std::string_view, char, std::uint32_t>;

  std::uint32_t next() const { return static_cast<std::uint32_t>(tensors_.size() + modules_.size()); }

  std::map<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, std::uint32_t> tensors_;
  std::map<std::vector<Member>, std::uint32_t> modules_;
};

class Builder {
 public:
  explicit Builder(std::span<const TreeItem> items) : items_(items) {}

  /// The nodes of [begin, end), whose names are the same up to `offset`.
  std::vector<ModuleNode> nodes(std::size_t begin, std::size_t end, std::size_t offset, std::size_t level) {
    std::vector<ModuleNode> all;
    while (begin < end) {
      const std::size_t length = level < kMostLevels ? part_length(begin, offset) : std::string_view::npos;
      const std::size_t after =
          length == std::string_view::npos ? begin + 1 : end_of_same(begin, end, offset, length + 1);
      all.push_back(after - begin == 1 ? tensor(begin, offset) : module(begin, after, offset, length, level));
      begin = after;
    }
    return all;
  }

 private:
  std::string_view rest(std::size_t item, std::size_t offset) const {
    return items_[item].name.substr(offset);
  }

  /// Up to the next separator; npos where there is none.
  std::size_t part_length(std::size_t item, std::size_t offset) const {
    return rest(item, offset).find_first_of(kSeparators);
  }

  /// Behind the items that have `length` characters from `offset` on in common with the first.
  std::size_t end_of_same(std::size_t begin, std::size_t end, std::size_t offset, std::size_t length) const {
    const std::string_view same = rest(begin, offset).substr(0, length);
    const auto* const first = items_.data() + begin;
    const auto* const last = items_.data() + end;
    const auto* const after = std::partition_point(
        first, last, [&](const TreeItem& item) { return item.name.substr(offset, length) == same; });
    return begin + static_cast<std::size_t>(after - first);
  }

  char separator_before(std::size_t item, std::size_t offset) const {
    return offset == 0 ? '\0' : items_[item].name[offset - 1];
  }

  ModuleNode tensor(std::size_t item, std::size_t offset) {
    return {rest(item, offset), separator_before(item, offset), item,
            item + 1,           kinds_.of_tensor(items_[item]), {}};
  }

  ModuleNode module(std::size_t begin, std::size_t end, std::size_t offset, std::size_t length,
                    std::size_t level) {
    ++level;
    // What all of them go on with belongs to the label. They are sorted: the first and the last tell.
    for (; level < kMostLevels; ++level) {
      const std::size_t more = part_length(begin, offset + length + 1);
      if (more == std::string_view::npos) break;
      const std::size_t longer = length + 1 + more;
      const std::string_view same = rest(begin, offset).substr(0, longer + 1);
      if (rest(end - 1, offset).substr(0, longer + 1) != same) break;
      length = longer;
    }
    ModuleNode node{
        rest(begin, offset).substr(0, length),        separator_before(begin, offset), begin, end, 0,
        nodes(begin, end, offset + length + 1, level)};
    node.kind = kinds_.of_module(node.children);
    return node;
  }

  std::span<const TreeItem> items_;
  Kinds kinds_;
};

}  // namespace

std::vector<ModuleNode> modules_of(std::span<const TreeItem> items) {
  return Builder(items).nodes(0, items.size(), 0, 0);
}

std::string_view first_part(std::string_view label) {
  return label.substr(0, label.find_first_of(kSeparators));
}

}  // namespace aerotool::tasks
