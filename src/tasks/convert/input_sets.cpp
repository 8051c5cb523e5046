#include "tasks/convert/input_sets.hpp"

#include <algorithm>

#include "model/numbered_name.hpp"

namespace aerotool::tasks {

NamedParts::NamedParts(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (const auto name = numbered_name(input)) ++counts_[parts_pattern(*name)];
  }
}

bool NamedParts::whole(const std::string& input) const {
  const auto name = numbered_name(input);
  if (!name) return false;
  const auto count = counts_.find(parts_pattern(*name));
  return count != counts_.end() && count->second >= name->count;
}

void require_copyable(const Plan& plan) {
  for (const Model* model : plan.models) {
    model->require_copyable([&](std::size_t tensor) {
      const std::string& name = model->tensors()[tensor].name;
      const auto planned = std::lower_bound(
          plan.tensors.begin(), plan.tensors.end(), name,
          [](const PlannedTensor& entry, const std::string& wanted) { return entry.tensor().name < wanted; });
      return planned != plan.tensors.end() && planned->model == model && planned->index == tensor;
    });
  }
}

}  // namespace aerotool::tasks
