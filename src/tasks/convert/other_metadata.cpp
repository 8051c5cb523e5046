#include "tasks/convert/other_metadata.hpp"

#include <map>
#include <string_view>
#include <unordered_set>

#include "core/text.hpp"

namespace aerotool::tasks {

std::string metadata_not_kept(const std::vector<const Model*>& models) {
  if (models.size() < 2) return {};
  const Metadata kept = models.front()->metadata();
  std::map<std::string_view, const Value*> by_key;
  for (const auto& [key, value] : kept.entries) by_key.emplace(key, &value);
  std::vector<std::string> files;
  std::vector<std::string> keys;
  std::unordered_set<std::string> seen;
  for (auto model = models.begin() + 1; model != models.end(); ++model) {
    bool differs = false;
    for (const auto& [key, value] : (*model)->metadata().entries) {
      const auto known = by_key.find(key);
      if (known != by_key.end() && *known->second == value) continue;
      differs = true;
      if (seen.insert(key).second) keys.push_back(key);
    }
    if (differs) files.push_back((*model)->path());
  }
  if (files.empty()) return {};
  return listed(files, 3) +
         ": metadata that differs from the first input's is not kept: " + listed(keys, 3, Quotes::yes);
}

}  // namespace aerotool::tasks
