#include "tasks/tree/tree.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/natural_order.hpp"
#include "tasks/tree/folding.hpp"
#include "tasks/tree/modules.hpp"

namespace aerotool::tasks {
namespace {

/// A row before anything of it is summed up.
struct Draft {
  std::string name;
  std::vector<std::vector<std::string>> folded;
  std::vector<const ModuleNode*> members;  ///< all of one kind

  char separator() const { return members.front()->separator; }
  bool is_module() const { return !members.front()->children.empty(); }
};

/// A row that stands below another one, called by both names.
Draft below(const Draft& upper, Draft lower) {
  lower.name.insert(0, 1, lower.separator());
  lower.name.insert(0, upper.name);
  lower.folded.insert(lower.folded.begin(), upper.folded.begin(), upper.folded.end());
  return lower;
}

class Drafts {
 public:
  explicit Drafts(std::span<const ModuleNode> top) : top_(top) {}

  std::vector<Draft> at_top() const {
    std::vector<Draft> drafts;
    for (Fold& fold : folded_siblings(top_, false)) {
      std::vector<const ModuleNode*> members;
      for (const std::size_t i : fold.members) members.push_back(&top_[i]);
      drafts.push_back(joined(draft(std::move(fold), std::move(members))));
    }
    while (open_wrapper(drafts)) continue;
    return drafts;
  }

  /// What a row holds. The members have the same children, in the same order.
  std::vector<Draft> in(const Draft& row) const {
    std::vector<Draft> drafts = in_unjoined(row);
    for (Draft& draft : drafts) draft = joined(std::move(draft));
    return drafts;
  }

 private:
  static Draft draft(Fold fold, std::vector<const ModuleNode*> members) {
    Draft draft{std::move(fold.name), {}, std::move(members)};
    if (!fold.folded.empty()) draft.folded.push_back(std::move(fold.folded));
    return draft;
  }

  static std::vector<Draft> in_unjoined(const Draft& row) {
    std::vector<Draft> drafts;
    for (Fold& fold : folded_siblings(row.members.front()->children, true)) {
      std::vector<const ModuleNode*> members;
      for (const ModuleNode* const parent : row.members) {
        for (const std::size_t i : fold.members) members.push_back(&parent->children[i]);
      }
      drafts.push_back(draft(std::move(fold), std::move(members)));
    }
    return drafts;
  }

  static Draft joined(Draft row) {
    while (row.is_module()) {
      std::vector<Draft> children = in_unjoined(row);
      if (children.size() != 1) break;
      row = below(row, std::move(children.front()));
    }
    return row;
  }

  /// Puts what a module at the top holds into its place, where it is the only one that holds more than
  /// tensors: "model" beside "lm_head". A row of layers stays together. Returns whether there was one.
  bool open_wrapper(std::vector<Draft>& drafts) const {
    const auto holds_modules = [&](const Draft& row) {
      if (!row.is_module()) return false;
      return std::ranges::any_of(row.members.front()->children,
                                 [](const ModuleNode& child) { return !child.children.empty(); });
    };
    if (std::ranges::count_if(drafts, holds_modules) != 1) return false;
    const auto wrapper = std::ranges::find_if(drafts, holds_modules);
    if (!wrapper->folded.empty()) return false;
    std::vector<Draft> children = in(*wrapper);
    const auto is_numbered = [](const Draft& child) {
      const char first = child.name.empty() ? '\0' : child.name.front();
      return first == '{' || (first >= '0' && first <= '9');
    };
    if (std::ranges::any_of(children, is_numbered)) return false;
    for (Draft& child : children) child = below(*wrapper, std::move(child));
    const auto place = drafts.erase(wrapper);
    drafts.insert(place, std::make_move_iterator(children.begin()), std::make_move_iterator(children.end()));
    return true;
  }

  std::span<const ModuleNode> top_;
};

class Rows {
 public:
  Rows(std::span<const TreeItem> items, const Drafts& drafts, const Order& order)
      : items_(items), drafts_(drafts), order_(order) {}

  std::vector<TreeRow> of(std::vector<Draft> drafts, std::size_t levels) const {
    std::vector<TreeRow> rows;
    rows.reserve(drafts.size());
    for (Draft& draft : drafts) rows.push_back(row(std::move(draft), levels));
    if (order_.by != SortBy::natural || order_.reversed) sort_lines(rows, order_, key_of);
    return rows;
  }

 private:
  static SortKey key_of(const TreeRow& row) {
    return {row.name, row.dtypes.empty() ? "" : row.dtypes.front().name, row.totals.size, row.place};
  }

  static bool is_opened(const Draft& draft, std::size_t levels) {
    if (levels == 1 || !draft.is_module()) return false;
    if (levels == kAllLevels) return true;
    return !std::ranges::all_of(draft.members.front()->children, [](const ModuleNode& child) {
      return child.children.empty() && (child.label == "weight" || child.label == "bias");
    });
  }

  TreeRow row(Draft draft, std::size_t levels) const {
    TreeRow row;
    row.count = draft.members.size();
    std::map<std::string_view, std::uint64_t> dtypes;
    row.place = items_[draft.members.front()->begin].place;
    for (const ModuleNode* const member : draft.members) {
      for (const TreeItem& item : items_.subspan(member->begin, member->end - member->begin)) {
        row.totals.add(item);
        std::uint64_t& size = dtypes[item.dtype];
        size = capped_sum(size, item.size);
        row.place = std::min(row.place, item.place);
      }
    }
    for (const auto& [name, size] : dtypes) row.dtypes.push_back({name, size});
    std::ranges::stable_sort(row.dtypes, std::ranges::greater(), &DTypeSize::size);
    if (is_opened(draft, levels))
      row.children = of(drafts_.in(draft), levels == kAllLevels ? kAllLevels : levels - 1);
    row.name = std::move(draft.name);
    row.folded = std::move(draft.folded);
    return row;
  }

  std::span<const TreeItem> items_;
  const Drafts& drafts_;
  const Order& order_;
};

}  // namespace

Tree tree_of(std::vector<TreeItem> items, std::size_t levels, const Order& order) {
  std::ranges::stable_sort(items, natural_less, &TreeItem::name);
  const std::vector<ModuleNode> modules = modules_of(items);
  const Drafts drafts(modules);
  return {totals_of(items), Rows(items, drafts, order).of(drafts.at_top(), levels)};
}

}  // namespace aerotool::tasks
