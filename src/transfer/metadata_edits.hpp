// What is changed in the metadata of a plan's first model.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/metadata.hpp"

namespace aerotool {

struct MetadataEdits {
  std::vector<std::pair<std::string, Value>> set;  ///< each key once
  std::set<std::string, std::less<>> unset;        ///< none that is set

  bool empty() const { return set.empty() && unset.empty(); }
  /// What a key is set to; null where it is not.
  const Value* find(std::string_view key) const;
  /// Whether it is set or goes.
  bool touches(std::string_view key) const { return unset.contains(key) || find(key) != nullptr; }

  /// What becomes of keys that are set and are not there.
  enum class New { add, leave_out };
  /// A key that is there keeps its place, new ones come last, in their order.
  void apply(Metadata& metadata, New fresh = New::add) const;
};

}  // namespace aerotool
