// The methods of merging, by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/tensor.hpp"
#include "transfer/transforms/merge/merged_values.hpp"

namespace aerotool::tasks {

/// What a method makes one tensor of.
struct MergedTensor {
  std::string name;
  Shape shape;
  merging::Values base;                 ///< null where there is none
  std::vector<merging::Values> models;  ///< without the base, in order
  std::uint64_t seed = 0;
  /// All that the method has, by their names.
  std::map<std::string_view, double> by_tensor;
  std::map<std::string_view, std::vector<double>> by_model;

  double of(std::string_view parameter) const { return by_tensor.at(parameter); }
  double of(std::string_view parameter, std::size_t model) const { return by_model.at(parameter)[model]; }
  bool is_set(std::string_view parameter) const { return of(parameter) != 0; }
};

struct MethodParameter {
  std::string_view name;
  /// Without: it has to be given.
  std::optional<double> fallback;
  bool of_models = false;  ///< each model has its own
  /// The only value that is known here, of what others have several of.
  std::optional<double> only = {};
  bool is_part = false;  ///< of all elements: from 0 to 1

  bool allows(double value) const { return !is_part || (value >= 0 && value <= 1); }
};

struct Method {
  std::string_view name;
  enum class Base {
    none,      ///< it is one of the models that are merged, or has no part
    first,     ///< it is one of the two that are merged, and the first of them where none is named
    optional,  ///< the others may be taken as differences from it
    required,  ///< they are
    leading    ///< it is the first model, where none is named; the others are adapters of it
  } base = Base::none;
  /// Of the models without the base.
  std::size_t fewest = 1;
  std::size_t most = 0;  ///< 0: any number
  std::vector<MethodParameter> parameters;
  bool random = false;  ///< what it makes depends on the seed
  /// Null where the models have not the same tensors.
  merging::Values (*make)(const MergedTensor& tensor) = nullptr;
};

/// Whether the base is not one of the models that are counted and have parameters.
bool has_base_apart(const Method& method);

/// By its name or another name of it; null where there is none.
const Method* method_named(std::string_view name);
std::vector<std::string_view> method_names();

}  // namespace aerotool::tasks
