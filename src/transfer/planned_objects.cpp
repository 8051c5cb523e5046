#include "transfer/planned_objects.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text.hpp"
#include "transfer/refusals.hpp"

namespace aerotool {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// By the index of a tensor in the model.
std::vector<std::size_t> places_in_plan(const Plan& plan, const Model& model) {
  std::vector<std::size_t> places(model.tensors().size(), kNone);
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const PlannedTensor& planned = plan.tensors[i];
    if (planned.model == &model && is_as_stored(planned)) places[planned.index] = i;
  }
  return places;
}

}  // namespace

std::optional<std::string> name_with_parts(const Object& object, std::span<const Tensor> tensors,
                                           std::span<const std::string_view> names) {
  std::optional<std::string_view> found;
  bool any_renamed = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& before = tensors[object.parts[i].tensor].name;
    any_renamed = any_renamed || names[i] != before;
    std::string_view name = names[i];
    if (before != object.name) {
      const std::string ending = "." + object.parts[i].role;
      if (before != object.name + ending || !name.ends_with(ending)) name = {};
      if (!name.empty()) name.remove_suffix(ending.size());
    }
    if (found && *found != name) found = std::string_view();
    if (!found) found = name;
  }
  if (!any_renamed) return object.name;
  if (!found || found->empty()) return std::nullopt;
  return std::string(*found);
}

std::vector<Object> planned_objects(const Plan& plan) {
  std::vector<Object> objects;
  for (const Model* model : plan.models) {
    if (model->objects().empty()) continue;
    const std::vector<std::size_t> places = places_in_plan(plan, *model);
    for (const Object& object : model->objects()) {
      const bool is_whole = std::ranges::all_of(
          object.parts, [&](const Object::Part& part) { return places[part.tensor] != kNone; });
      if (!is_whole) continue;
      std::vector<std::string_view> names;
      for (const Object::Part& part : object.parts)
        names.emplace_back(plan.tensors[places[part.tensor]].tensor().name);
      auto name = name_with_parts(object, model->tensors(), names);
      if (!name) continue;
      Object& planned = objects.emplace_back(object);
      planned.name = std::move(*name);
      for (Object::Part& part : planned.parts) part.tensor = places[part.tensor];
    }
  }
  return objects;
}

void require_tensors(const Plan& plan, std::string_view format, std::vector<std::string>& lost) {
  Refusals refusals(format);
  const bool components = plan.options.get(write::components()).value_or(false);
  std::size_t attributes = 0;
  std::size_t apart = 0;
  for (const Object& object : planned_objects(plan)) {
    const bool is_tensor = object.parts.size() == 1 && object.parts.front().type.empty() &&
                           plan.tensors[object.parts.front().tensor].tensor().shape == object.shape;
    if (object.attributes && !object.attributes->entries.empty()) ++attributes;
    if (is_tensor) continue;
    ++apart;
    if (components) continue;
    const std::string layout = escape_controls(shortened(object.layout));
    for (const Object::Part& part : object.parts) {
      refusals.add(plan.tensors[part.tensor],
                   "parts of " + layout + " objects; --components writes them one by one",
                   "is a part of an object of the layout " + layout +
                       ", which tensors alone do not make up; --components writes its parts one by one");
    }
  }
  refusals.require_none(plan);
  if (apart != 0)
    lost.push_back("what the parts of " + plural(apart, "object") + " are together: layouts and shapes");
  if (attributes != 0) lost.push_back("the attributes of " + plural(attributes, "object"));
}

}  // namespace aerotool
