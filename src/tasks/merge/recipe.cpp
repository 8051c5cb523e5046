#include "tasks/merge/recipe.hpp"

#include <algorithm>
#include <charconv>

#include "tasks/request_error.hpp"

namespace aerotool::tasks {

std::string label_of(std::size_t model) {
  constexpr std::size_t kLetters = 26;
  if (model < kLetters) return std::string(1, static_cast<char>('A' + model));
  return std::to_string(model + 1);
}

std::optional<std::size_t> model_labelled(const std::string& label, std::size_t models) {
  std::size_t number = 0;
  if (label.size() == 1 && label[0] >= 'A' && label[0] <= 'Z') {
    number = static_cast<std::size_t>(label[0] - 'A');
  } else {
    const char* const end = label.data() + label.size();
    const auto parsed = std::from_chars(label.data(), end, number);
    if (label.empty() || parsed.ec != std::errc() || parsed.ptr != end || number == 0) return std::nullopt;
    --number;
  }
  if (number >= models) return std::nullopt;
  return number;
}

double parameter_of(const Recipe& recipe, const Slice& slice, const SliceSource* source, const Place& place,
                    std::string_view name) {
  const auto in = [&](const Parameters& parameters) -> std::optional<double> {
    const auto found = parameters.find(name);
    if (found == parameters.end()) return std::nullopt;
    return found->second.of(place);
  };
  if (source != nullptr) {
    if (const auto value = in(source->parameters)) return *value;
  }
  if (const auto value = in(slice.parameters)) return *value;
  if (const auto value = in(recipe.parameters)) return *value;
  const auto& known = recipe.method->parameters;
  const auto found = std::ranges::find(known, name, &MethodParameter::name);
  if (found != known.end() && found->fallback) return *found->fallback;
  throw RequestError({{}, {}, place.name},
                     std::string(recipe.method->name) + " needs a value of " + std::string(name));
}

}  // namespace aerotool::tasks
