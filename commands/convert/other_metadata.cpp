#include "commands/convert/other_metadata.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "core/text.hpp"

namespace aerotool::commands {
namespace {

constexpr std::size_t kMostNames = 3;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames) text += " and " + with_thousands(names.size() - kMostNames) + " more";
  return text;
}

}  // namespace

std::string metadata_not_kept(const std::vector<const Model*>& models) {
  if (models.size() < 2) return {};
  const Metadata kept = models.front()->metadata();
  std::map<std::string_view, const Value*> by_key;
  for (const auto& [key, value] : kept.entries) by_key.emplace(key, &value);
  std::vector<std::string> files;
  std::vector<std::string> keys;
  for (auto model = models.begin() + 1; model != models.end(); ++model) {
    bool differs = false;
    for (const auto& [key, value] : (*model)->metadata().entries) {
      const auto known = by_key.find(key);
      if (known != by_key.end() && *known->second == value) continue;
      differs = true;
      std::string name = "'" + escape_controls(shortened(key)) + "'";
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) keys.push_back(std::move(name));
    }
    if (differs) files.push_back(escape_controls((*model)->path()));
  }
  if (files.empty()) return {};
  return listed(files) + ": metadata that differs from the first input's is not kept: " + listed(keys);
}

}  // namespace aerotool::commands
