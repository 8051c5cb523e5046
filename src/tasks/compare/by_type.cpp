#include "tasks/compare/by_type.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace aerotool::tasks {
namespace {

void add(std::uint64_t tensors, const std::optional<NumericDifference>& numeric, TypeDifference& to) {
  to.tensors += tensors;
  if (!numeric) return;
  if (!to.numeric) to.numeric.emplace();
  to.numeric->append(*numeric);
}

}  // namespace

std::vector<TypeDifference> by_type(const WeightDifference& difference) {
  std::map<std::tuple<std::string_view, std::string_view, bool>, TypeDifference> types;
  for (const TensorDifference& tensor : difference.tensors) {
    if (tensor.a == nullptr || tensor.b == nullptr) continue;
    TypeDifference& type =
        types[{tensor.a->dtype.name(), tensor.b->dtype.name(), tensor.numeric.has_value()}];
    add(1, tensor.numeric, type);
  }
  std::vector<TypeDifference> found;
  for (auto& [key, type] : types) {
    type.a = std::get<0>(key);
    type.b = std::get<1>(key);
    found.push_back(type);
  }
  const auto gravity = [](const TypeDifference& type) { return type.numeric ? type.numeric->gravity() : 0; };
  std::ranges::stable_sort(found, [&](const TypeDifference& x, const TypeDifference& y) {
    if (x.numeric.has_value() != y.numeric.has_value()) return y.numeric.has_value();
    return gravity(x) > gravity(y);
  });
  return found;
}

TypeDifference all_types(const std::vector<TypeDifference>& types) {
  TypeDifference all;
  for (const TypeDifference& type : types) {
    if (type.numeric) add(type.tensors, type.numeric, all);
  }
  return all;
}

}  // namespace aerotool::tasks
