#include "formats/dcp/names.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

namespace aerotool::dcp {
namespace {

constexpr std::array<std::string_view, 9> kWrappers = {
    "state_dict", "model_state_dict", "model",           "module",   "net",
    "params",     "params_ema",       "network_weights", "app.model"};

/// Whether a key lies below a path, and how much of it the path is.
std::size_t length_below(std::string_view key, std::string_view path) {
  if (key.size() <= path.size() + 1 || !key.starts_with(path) || key[path.size()] != '.') return 0;
  return path.size() + 1;
}

/// The one dict around a model's tensors; kNone where none, or more than one, is it.
std::uint32_t wrapper_in(const Index& index) {
  if (!index.has_paths) return kNone;
  std::set<std::uint32_t> found;
  for (const Key& key : index.keys) {
    if (!key.is_tensor) continue;
    // A tensor that lies in no dict but the whole.
    if (key.wrapper == kNone || index.wrappers[key.wrapper].empty()) return kNone;
    if (std::ranges::find(kWrappers, index.wrappers[key.wrapper]) != kWrappers.end())
      found.insert(key.wrapper);
  }
  return found.size() == 1 ? *found.begin() : kNone;
}

}  // namespace

std::vector<std::string> ways_in(const Index& index) {
  std::set<std::string> ways;
  for (const Key& key : index.keys) {
    if (key.wrapper != kNone && !index.wrappers[key.wrapper].empty())
      ways.insert(index.wrappers[key.wrapper]);
  }
  return {ways.begin(), ways.end()};
}

std::optional<ModelBeside> model_beside_optimizer(const Index& index) {
  std::set<std::uint32_t> models;
  std::uint64_t of_optimizer = 0;
  for (const Key& key : index.keys) {
    if (!key.is_tensor || key.wrapper == kNone) continue;
    const std::string_view wrapper = index.wrappers[key.wrapper];
    if (std::ranges::find(kWrappers, wrapper) != kWrappers.end()) models.insert(key.wrapper);
    if (wrapper.substr(wrapper.rfind('.') + 1).starts_with("optim")) ++of_optimizer;
  }
  if (of_optimizer == 0 || models.size() != 1) return std::nullopt;
  return ModelBeside{index.wrappers[*models.begin()], of_optimizer};
}

Names names_of(const Index& index, std::string_view path) {
  Names names;
  if (!path.empty()) {
    for (std::uint32_t i = 0; i < index.keys.size(); ++i) {
      const std::string& name = index.keys[i].name;
      if (name == path) {
        names.named.push_back({i, name.substr(name.rfind('.') + 1)});
      } else if (const std::size_t length = length_below(name, path)) {
        names.named.push_back({i, name.substr(length)});
      }
    }
    return names;
  }
  names.named.reserve(index.keys.size());
  const std::uint32_t wrapper = wrapper_in(index);
  const std::string cut = wrapper == kNone ? std::string() : index.wrappers[wrapper];
  std::unordered_set<std::string_view> others;
  const auto is_inside = [&](const Key& key) {
    return wrapper != kNone && key.is_tensor && key.wrapper == wrapper && length_below(key.name, cut) != 0;
  };
  for (const Key& key : index.keys) {
    if (wrapper != kNone && !is_inside(key)) others.insert(key.name);
  }
  // Names that are equal without it leave all as it is.
  const bool differ = std::ranges::none_of(index.keys, [&](const Key& key) {
    return is_inside(key) && others.contains(std::string_view(key.name).substr(cut.size() + 1));
  });
  if (wrapper != kNone && differ) names.unwrapped = cut;
  for (std::uint32_t i = 0; i < index.keys.size(); ++i) {
    const Key& key = index.keys[i];
    const bool is_cut = differ && is_inside(key);
    names.named.push_back({i, is_cut ? key.name.substr(cut.size() + 1) : key.name});
  }
  return names;
}

}  // namespace aerotool::dcp
