#include "model/object.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/text.hpp"

namespace aerotool {
namespace {

std::string quoted(std::string_view name) {
  return "'" + escape_controls(shortened(name)) + "'";
}

}  // namespace

std::optional<std::size_t> part_of(const Object& object, std::string_view role) {
  const auto part = std::ranges::find(object.parts, role, &Object::Part::role);
  if (part == object.parts.end()) return std::nullopt;
  return part->tensor;
}

std::string problem_of(std::span<const Object> objects, std::size_t tensors) {
  std::unordered_set<std::string_view> names;
  std::vector<bool> taken(tensors);
  for (const Object& object : objects) {
    const std::string name = "object " + quoted(object.name);
    if (!names.insert(object.name).second) return name + " is there twice";
    if (object.parts.empty()) return name + " has no parts";
    std::unordered_set<std::string_view> roles;
    for (const Object::Part& part : object.parts) {
      const std::string its_part = name + ": its part " + quoted(part.role);
      if (!roles.insert(part.role).second) return its_part + " is there twice";
      if (part.tensor >= tensors) return its_part + " is no tensor of the model";
      if (taken[part.tensor]) return its_part + " is a part already";
      taken[part.tensor] = true;
    }
  }
  return {};
}

std::vector<std::optional<std::size_t>> objects_of_tensors(std::span<const Object> objects,
                                                           std::size_t tensors) {
  std::vector<std::optional<std::size_t>> of(tensors);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (const Object::Part& part : objects[i].parts) of[part.tensor] = i;
  }
  return of;
}

}  // namespace aerotool
