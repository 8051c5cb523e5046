#include "tasks/merge/method.hpp"

#include <cmath>

#include "transfer/transforms/merge/dare.hpp"
#include "transfer/transforms/merge/differences.hpp"
#include "transfer/transforms/merge/magnitude.hpp"
#include "transfer/transforms/merge/model_stock.hpp"
#include "transfer/transforms/merge/slerp.hpp"
#include "transfer/transforms/merge/sums.hpp"

namespace aerotool::tasks {
namespace {

constexpr MethodParameter kWeight = {"weight", 1, true};
constexpr MethodParameter kDensity = {"density", 1, true, {}, true};
constexpr MethodParameter kGamma = {"gamma", 0.01, true, {}, true};
constexpr MethodParameter kLambda = {"lambda", 1};
constexpr MethodParameter kRescale = {"rescale", 1};

constexpr MethodParameter normalize(bool usually) {
  return {"normalize", usually ? 1 : 0};
}

std::vector<merging::Weighted> weighted(const MergedTensor& tensor) {
  std::vector<merging::Weighted> models;
  for (std::size_t i = 0; i < tensor.models.size(); ++i)
    models.push_back({tensor.models[i], tensor.of("weight", i)});
  return models;
}

merging::Values linear(const MergedTensor& tensor) {
  return merging::linear(weighted(tensor), tensor.is_set("normalize"));
}

merging::Values task_arithmetic(const MergedTensor& tensor) {
  return merging::task_arithmetic(tensor.base, weighted(tensor), tensor.of("lambda"),
                                  tensor.is_set("normalize"));
}

merging::Values slerp(const MergedTensor& tensor) {
  return merging::slerp(tensor.models[0], tensor.models[1], tensor.of("t"));
}

merging::Values nuslerp(const MergedTensor& tensor) {
  constexpr double kNoWeight = 1e-6;
  const double second = tensor.of("weight", 1);
  const double sum = tensor.of("weight", 0) + second;
  return merging::nuslerp(tensor.models[0], tensor.models[1], tensor.base,
                          std::abs(sum) < kNoWeight ? 0.5 : second / sum);
}

merging::Values model_stock(const MergedTensor& tensor) {
  return merging::model_stock(tensor.base, tensor.models);
}

using Sparsify = merging::Sparsifying (*)(const MergedTensor& tensor, std::size_t model);

merging::Sparsifying largest(const MergedTensor& tensor, std::size_t model) {
  return merging::keep_largest(tensor.models[model], tensor.base, tensor.of("density", model));
}

merging::Sparsifying between(const MergedTensor& tensor, std::size_t model) {
  return merging::keep_between(tensor.models[model], tensor.base, tensor.of("density", model),
                               tensor.of("gamma", model));
}

merging::Sparsifying by_chance(const MergedTensor& tensor, std::size_t model) {
  return merging::dare(merging::dare_key(tensor.seed, static_cast<std::uint32_t>(model), tensor.name),
                       tensor.of("density", model), tensor.is_set("rescale"));
}

template <Sparsify Sparsifier, merging::Consensus Consensus>
merging::Values differences(const MergedTensor& tensor) {
  std::vector<merging::Difference> models;
  for (std::size_t i = 0; i < tensor.models.size(); ++i)
    models.push_back({tensor.models[i], tensor.of("weight", i), Sparsifier(tensor, i)});
  return merging::merge_differences(tensor.base, models, Consensus, tensor.of("lambda"),
                                    tensor.is_set("normalize"));
}

merging::Values passthrough(const MergedTensor& tensor) {
  return merging::scaled(tensor.models.front(), tensor.of("scale", 0));
}

using Base = Method::Base;
using merging::Consensus;

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {.name = "linear", .parameters = {kWeight, normalize(true)}, .make = linear},
      {.name = "slerp",
       .base = Base::first,
       .fewest = 2,
       .most = 2,
       .parameters = {{"t", std::nullopt}},
       .make = slerp},
      {.name = "nuslerp",
       .base = Base::optional,
       .fewest = 2,
       .most = 2,
       .parameters = {kWeight, {"nuslerp_flatten", 1, false, 1}, {"nuslerp_row_wise", 0, false, 0}},
       .make = nuslerp},
      {.name = "task_arithmetic",
       .base = Base::required,
       .parameters = {kWeight, kLambda, normalize(false)},
       .make = task_arithmetic},
      {.name = "ties",
       .base = Base::required,
       .parameters = {kWeight, kDensity, kLambda, normalize(true)},
       .make = differences<largest, Consensus::sign>},
      {.name = "dare_linear",
       .base = Base::required,
       .parameters = {kWeight, kDensity, kLambda, normalize(false), kRescale},
       .random = true,
       .make = differences<by_chance, Consensus::none>},
      {.name = "dare_ties",
       .base = Base::required,
       .parameters = {kWeight, kDensity, kLambda, normalize(false), kRescale},
       .random = true,
       .make = differences<by_chance, Consensus::sign>},
      {.name = "breadcrumbs",
       .base = Base::required,
       .parameters = {kWeight, kDensity, kGamma, kLambda, normalize(false)},
       .make = differences<between, Consensus::none>},
      {.name = "breadcrumbs_ties",
       .base = Base::required,
       .parameters = {kWeight, kDensity, kGamma, kLambda, normalize(false)},
       .make = differences<between, Consensus::sign>},
      {.name = "model_stock",
       .base = Base::required,
       .fewest = 2,
       .parameters = {{"filter_wise", 0, false, 0}},
       .make = model_stock},
      {.name = "lora", .base = Base::leading, .parameters = {kWeight}},
      {.name = "passthrough", .most = 1, .parameters = {{"scale", 1, true}}, .make = passthrough},
  };
  return all;
}

}  // namespace

bool has_base_apart(const Method& method) {
  return method.base == Method::Base::required || method.base == Method::Base::leading;
}

const Method* method_named(std::string_view name) {
  if (name == "average") name = "linear";
  for (const Method& method : methods()) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const Method& method : methods()) names.push_back(method.name);
  names.insert(names.begin() + 1, "average");
  return names;
}

}  // namespace aerotool::tasks
