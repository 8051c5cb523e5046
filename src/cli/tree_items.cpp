#include "cli/tree_items.hpp"

#include <algorithm>

#include "cli/objects_text.hpp"
#include "model/quantized_modules.hpp"

namespace aerotool::cli {
namespace {

bool is_several(const Object& object) {
  return object.kind != Object::Kind::dense;
}

/// The parameters of each tensor: those of a quantized weight are at its codes.
std::vector<std::uint64_t> parameters_of(const Model& model) {
  std::vector<std::uint64_t> parameters;
  parameters.reserve(model.tensors().size());
  for (const Tensor& tensor : model.tensors()) parameters.push_back(element_count(tensor.shape).value_or(0));
  if (std::ranges::any_of(model.objects(), is_several)) return parameters;
  for (const QuantizedModule& module : quantized_modules(model.tensors(), model.overview().quantization)) {
    for (const std::uint32_t i : module.tensors) {
      if (i != QuantizedModule::kNone) parameters[i] = 0;
    }
    const std::uint32_t codes = module.tensor(QuantRole::codes);
    if (codes != QuantizedModule::kNone) parameters[codes] = module.elements;
  }
  return parameters;
}

}  // namespace

std::vector<tasks::TreeItem> tree_items(const Model& model, std::span<const std::size_t> chosen,
                                        Objects objects) {
  const std::vector<std::uint64_t> parameters = parameters_of(model);
  const ObjectsOfTensors objects_of(model.objects(), model.tensors().size());
  std::vector<bool> is_told(model.objects().size());
  std::vector<tasks::TreeItem> items;
  for (const std::size_t i : chosen) {
    const Tensor& tensor = model.tensors()[i];
    tasks::TreeItem item{
        tensor.name, tensor.dtype.name(), tensor.size, parameters[i], {tensor.shard, tensor.offset}};
    const Object* const object = objects_of.of(i);
    if (object != nullptr && is_several(*object)) {
      const std::size_t number = objects_of.number_of(*object);
      const bool is_first = !is_told[number];
      is_told[number] = true;
      if (objects == Objects::whole) {
        if (!is_first) continue;
        item.name = object->name;
        item.dtype = object->layout;
        item.size = size_of(*object, model);
      }
      const auto values = stored_values(*object, model);
      item.parameters = is_first ? values.value_or(element_count(object->shape).value_or(0)) : 0;
    }
    items.push_back(item);
  }
  return items;
}

}  // namespace aerotool::cli
