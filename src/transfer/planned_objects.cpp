#include "transfer/planned_objects.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text.hpp"
#include "transfer/refusals.hpp"

namespace aerotool {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool is_as_it_was(const PlannedTensor& planned) {
  if (planned.is_unchanged()) return true;
  if (!planned.is_stored()) return false;
  const Tensor& before = planned.model->tensors()[planned.index];
  const Tensor& now = planned.tensor();
  return before.name == now.name && before.dtype == now.dtype && before.shape == now.shape;
}

/// By the index of a tensor in the model.
std::vector<std::size_t> places_in_plan(const Plan& plan, const Model& model) {
  std::vector<std::size_t> places(model.tensors().size(), kNone);
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const PlannedTensor& planned = plan.tensors[i];
    if (planned.model == &model && is_as_it_was(planned)) places[planned.index] = i;
  }
  return places;
}

}  // namespace

std::vector<Object> planned_objects(const Plan& plan) {
  std::vector<Object> objects;
  for (const Model* model : plan.models) {
    if (model->objects().empty()) continue;
    const std::vector<std::size_t> places = places_in_plan(plan, *model);
    for (const Object& object : model->objects()) {
      const bool is_whole = std::ranges::all_of(
          object.parts, [&](const Object::Part& part) { return places[part.tensor] != kNone; });
      if (!is_whole) continue;
      Object& planned = objects.emplace_back(object);
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
