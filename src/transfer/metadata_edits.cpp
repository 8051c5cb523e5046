#include "transfer/metadata_edits.hpp"

#include <algorithm>

namespace aerotool {

const Value* MetadataEdits::find(std::string_view key) const {
  const auto found = std::ranges::find_if(set, [&](const auto& entry) { return entry.first == key; });
  return found == set.end() ? nullptr : &found->second;
}

void MetadataEdits::apply(Metadata& metadata, New fresh) const {
  if (empty()) return;
  std::vector<bool> placed(set.size());
  std::erase_if(metadata.entries, [&](const auto& entry) { return unset.contains(entry.first); });
  for (auto& [key, value] : metadata.entries) {
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (set[i].first != key) continue;
      value = set[i].second;
      placed[i] = true;
    }
  }
  for (std::size_t i = 0; i < set.size() && fresh == New::add; ++i) {
    if (!placed[i]) metadata.entries.push_back(set[i]);
  }
}

}  // namespace aerotool
