#include "tasks/merge/adapter/base_modules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace aerotool::tasks {
namespace {

constexpr std::string_view kWeight = ".weight";

/// What wraps a model, or is the name of a component that has a file of its own.
constexpr std::array<std::string_view, 6> kWrappers = {"diffusion_model.", "model.",       "text_encoder.",
                                                       "text_encoder_2.",  "transformer.", "unet."};
/// The same where dots are underscores.
constexpr std::array<std::string_view, 6> kUnderscored = {"lora_unet_", "lora_te_",  "lora_te1_",
                                                          "lora_te2_",  "lora_te3_", "lora_transformer_"};

template <std::size_t Count>
std::optional<std::string> without(const std::array<std::string_view, Count>& prefixes,
                                   const std::string& name) {
  for (const std::string_view prefix : prefixes) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) return name.substr(prefix.size());
  }
  return std::nullopt;
}

std::string backwards(std::string_view name) {
  return {name.rbegin(), name.rend()};
}

}  // namespace

BaseModules::BaseModules(const MergeInput& base) : base_(&base) {
  for (const std::uint32_t i : base.by_name()) {
    const std::string_view name = base.tensor(i).name;
    if (!name.ends_with(kWeight)) continue;
    dotted_.emplace_back(backwards(name.substr(0, name.size() - kWeight.size())), i);
  }
  underscored_ = dotted_;
  for (auto& [name, tensor] : underscored_) std::ranges::replace(name, '.', '_');
  std::ranges::sort(dotted_);
  std::ranges::sort(underscored_);
}

BaseModules::Match BaseModules::ending(const Names& names, const std::string& module, char separator,
                                       const MergeInput& base) {
  const std::string end = backwards(module);
  // The names that begin so follow each other, but others may stand between the whole name and those that go
  // on with a separator.
  const auto from = [&](const std::string& text) {
    return std::ranges::lower_bound(names, text, {},
                                    [](const auto& entry) -> const std::string& { return entry.first; });
  };
  auto first = from(end);
  bool whole = first != names.end() && first->first == end;
  const std::string longer = end + separator;
  if (!whole) first = from(longer);
  const auto fits = [&](Names::const_iterator entry) {
    return entry != names.end() && (whole ? entry->first == end : entry->first.starts_with(longer));
  };
  Match match;
  if (!fits(first)) return match;
  if (fits(first + 1)) {
    match.ambiguous = {base.tensor(first->second).name, base.tensor((first + 1)->second).name};
  } else {
    match.tensor = first->second;
  }
  return match;
}

BaseModules::Match BaseModules::find(const std::string& module, bool underscored) const {
  if (underscored) return ending(underscored_, without(kUnderscored, module).value_or(module), '_', *base_);
  const auto unwrapped = without(kWrappers, module);
  if (unwrapped && !base_->find(module + std::string(kWeight))) {
    if (const auto found = base_->find(*unwrapped + std::string(kWeight))) return {found, {}};
  }
  Match match = ending(dotted_, module, '.', *base_);
  if (!match.tensor && match.ambiguous.empty() && unwrapped) match = ending(dotted_, *unwrapped, '.', *base_);
  return match;
}

std::optional<std::size_t> BaseModules::find_whole(const std::string& name) const {
  if (const auto found = base_->find(name)) return found;
  const auto unwrapped = without(kWrappers, name);
  return unwrapped ? base_->find(*unwrapped) : std::nullopt;
}

}  // namespace aerotool::tasks
