// What lines about tensors are sorted by.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "tasks/tree/item.hpp"

namespace aerotool::tasks {

enum class SortBy { natural, name, size, offset, dtype };

struct Order {
  SortBy by = SortBy::natural;
  bool reversed = false;
};

/// The words for all orders: "size", and with a dash before it the reverse, "-size".
std::vector<std::string_view> order_names();
/// The order of one of these words.
Order order_named(std::string_view word);

struct SortKey {
  std::string_view name;
  std::string_view dtype;
  std::uint64_t size = 0;
  FilePlace place;
};

/// Whether a line comes before another one: names and dtypes in the order of their bytes, the largest size
/// first.
bool comes_before(const Order& order, const SortKey& a, const SortKey& b);

/// Lines of the same rank stay in their order. `key_of` yields the SortKey of a line.
template <typename Lines, typename KeyOf>
void sort_lines(Lines& lines, const Order& order, KeyOf key_of) {
  std::stable_sort(lines.begin(), lines.end(),
                   [&](const auto& a, const auto& b) { return comes_before(order, key_of(a), key_of(b)); });
}

}  // namespace aerotool::tasks
