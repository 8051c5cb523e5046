// What trees and groups of a model are made of.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "core/checked.hpp"

namespace aerotool::tasks {

/// Where something begins: by shard, then in it.
struct FilePlace {
  std::uint32_t shard = 0;
  std::uint64_t offset = 0;

  friend bool operator<(const FilePlace& a, const FilePlace& b) {
    return a.shard != b.shard ? a.shard < b.shard : a.offset < b.offset;
  }
};

/// A tensor, or an object of several. Its texts outlive what is made of it.
struct TreeItem {
  std::string_view name;
  std::string_view dtype;  ///< or the layout of an object
  std::uint64_t size = 0;
  std::uint64_t parameters = 0;
  FilePlace place;
};

/// A sum that no number holds stays at the largest one.
inline std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) {
  return checked_add(a, b).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// What several items are together.
struct Totals {
  std::uint64_t tensors = 0;
  std::uint64_t size = 0;
  std::uint64_t parameters = 0;

  void add(const TreeItem& item) {
    ++tensors;
    size = capped_sum(size, item.size);
    parameters = capped_sum(parameters, item.parameters);
  }
};

inline Totals totals_of(std::span<const TreeItem> items) {
  Totals totals;
  for (const TreeItem& item : items) totals.add(item);
  return totals;
}

}  // namespace aerotool::tasks
