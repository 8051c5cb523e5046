#include "model/object.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/text.hpp"

namespace aerotool {
namespace {

std::string quoted(std::string_view name) {
  return "'" + escape_controls(shortened(name)) + "'";
}

// By their numbers.
constexpr std::array<std::string_view, 4> kKinds = {"other", "dense", "csr", "coo"};

template <typename Key>
auto sorted_by(auto range, Key key) {
  std::ranges::sort(range, {}, key);
  return range;
}

bool same_attributes(const std::optional<Metadata>& a, const std::optional<Metadata>& b) {
  const auto entries = [](const std::optional<Metadata>& attributes) {
    using Entries = decltype(Metadata::entries);
    return sorted_by(attributes ? attributes->entries : Entries{},
                     [](const auto& entry) { return entry.first; });
  };
  return entries(a) == entries(b);
}

}  // namespace

std::string_view name_of(Object::Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<Object::Kind> object_kind_named(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<Object::Kind>(found - kKinds.begin());
}

bool same_meaning(const Object& a, const Object& b) {
  if (a.kind != b.kind || (a.kind == Object::Kind::other && a.layout != b.layout)) return false;
  if (a.shape != b.shape || !same_attributes(a.attributes, b.attributes)) return false;
  const auto parts = [](const Object& object) {
    std::vector<std::pair<std::string_view, std::string_view>> names;
    for (const Object::Part& part : object.parts) names.emplace_back(part.role, part.type);
    std::ranges::sort(names);
    return names;
  };
  return parts(a) == parts(b);
}

std::optional<std::size_t> part_of(const Object& object, std::string_view role) {
  const auto part = std::ranges::find(object.parts, role, &Object::Part::role);
  if (part == object.parts.end()) return std::nullopt;
  return part->tensor;
}

std::string problem_of(std::span<const Object> objects, std::size_t tensors) {
  std::unordered_set<std::string_view> names;
  std::unordered_set<std::size_t> taken;
  for (const Object& object : objects) {
    const std::string name = "object " + quoted(object.name);
    if (!names.insert(object.name).second) return name + " is there twice";
    if (object.parts.empty()) return name + " has no parts";
    std::unordered_set<std::string_view> roles;
    for (const Object::Part& part : object.parts) {
      const std::string its_part = name + ": its part " + quoted(part.role);
      if (!roles.insert(part.role).second) return its_part + " is there twice";
      if (part.tensor >= tensors) return its_part + " is no tensor of the model";
      if (!taken.insert(part.tensor).second) return its_part + " is a part already";
    }
  }
  return {};
}

ObjectsOfTensors::ObjectsOfTensors(std::span<const Object> objects, std::size_t tensors) : objects_(objects) {
  if (objects.empty()) return;
  numbers_.resize(tensors);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (const Object::Part& part : objects[i].parts) numbers_[part.tensor] = i + 1;
  }
}

const Object* ObjectsOfTensors::of(std::size_t tensor) const {
  if (numbers_.empty() || numbers_[tensor] == 0) return nullptr;
  return &objects_[numbers_[tensor] - 1];
}

}  // namespace aerotool
