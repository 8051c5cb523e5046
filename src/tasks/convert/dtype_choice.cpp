#include "tasks/convert/dtype_choice.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

const std::array<std::pair<std::string_view, TargetType>, 7>& types() {
  static const std::array<std::pair<std::string_view, TargetType>, 7> all = {{{"f64", FloatKind::f64},
                                                                              {"f32", FloatKind::f32},
                                                                              {"bf16", FloatKind::bf16},
                                                                              {"f16", FloatKind::f16},
                                                                              {"f8_e4m3", FloatKind::f8_e4m3},
                                                                              {"f8_e5m2", FloatKind::f8_e5m2},
                                                                              {"q8_0", Q8Blocks{}}}};
  return all;
}

/// In either case, as listings and libraries write them.
TargetType type_named(const std::string& text) {
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  std::string known;
  for (const auto& [name, type] : types()) {
    if (name == lower) return type;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw RequestError("--dtype: '" + escape_controls(shortened(text)) + "' is none of " + known);
}

}  // namespace

DTypeChoices::DTypeChoices(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    Choice choice{type_named(text.substr(0, colon)), std::nullopt};
    if (colon != std::string::npos) {
      if (colon + 1 == text.size())
        throw RequestError("--dtype: '" + escape_controls(text) + "' has no pattern");
      choice.pattern.emplace(text.substr(colon + 1));
    }
    choices_.push_back(std::move(choice));
  }
}

const DTypeChoices::Choice* DTypeChoices::of(const std::string& name) {
  const Choice* last = nullptr;
  for (Choice& choice : choices_) {
    if (choice.pattern && !choice.pattern->matches(name)) continue;
    choice.used = true;
    last = &choice;
  }
  return last;
}

std::vector<Pattern> DTypeChoices::unused() const {
  std::vector<Pattern> patterns;
  for (const Choice& choice : choices_) {
    if (choice.pattern && !choice.used) patterns.push_back(*choice.pattern);
  }
  return patterns;
}

}  // namespace aerotool::tasks
