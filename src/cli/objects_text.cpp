#include "cli/objects_text.hpp"

#include "cli/values.hpp"
#include "core/text.hpp"

namespace aerotool::cli {

std::uint64_t size_of(const Object& object, const Model& model) {
  std::uint64_t size = 0;
  for (const Object::Part& part : object.parts) size += model.tensors()[part.tensor].size;
  return size;
}

std::optional<std::uint64_t> stored_values(const Object& object, const Model& model) {
  if (object.kind != Object::Kind::csr && object.kind != Object::Kind::coo) return std::nullopt;
  const auto values = part_of(object, "values");
  if (!values) return std::nullopt;
  return element_count(model.tensors()[*values].shape);
}

std::string text_of(const Object& object, const Model& model) {
  std::string text = escape_controls(shortened(object.layout)) + " " + to_string(object.shape);
  if (const auto values = stored_values(object, model)) text += ", " + plural(*values, "value");
  return text + ", " + plural(object.parts.size(), "part");
}

void add_object_members(const Object& object, const Model& model, JsonOut& json) {
  json.name_member("name", object.name);
  json.name_member("layout", object.layout);
  json.array_member("shape", object.shape, [&](std::uint64_t dimension) { json.number(dimension); });
  json.member("size", size_of(object, model));
  if (const auto values = stored_values(object, model)) json.member("values", *values);
  json.objects_member("parts", object.parts, [&](const Object::Part& part) {
    json.name_member("role", part.role);
    json.name_member("tensor", model.tensors()[part.tensor].name);
    if (!part.type.empty()) json.name_member("type", part.type);
  });
  if (!object.attributes) return;
  json.objects_member("attributes", object.attributes->entries, [&](const auto& entry) {
    json.name_member("key", entry.first);
    add_value_members(entry.second, json);
  });
}

}  // namespace aerotool::cli
