// What a merge does, however it was asked for: which models, which method, which parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/dtype.hpp"
#include "tasks/merge/method.hpp"
#include "tasks/merge/parameters.hpp"

namespace aerotool::tasks {

/// A part of a slice: a model, and of its layers [from, to).
struct SliceSource {
  std::size_t model = 0;  ///< into Recipe::models
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Parameters parameters;
};

/// Layers of the output: the layers of the sources, one number of each, merged.
struct Slice {
  std::vector<SliceSource> sources;
  std::optional<SliceSource> base;  ///< of methods that the base is no source of
  Parameters parameters;
};

struct Recipe {
  const Method* method = nullptr;
  std::vector<std::string> models;  ///< paths, each once
  std::optional<std::size_t> base;  ///< into `models`
  /// One below the other; without layers only one, of whole models, where not `sliced`.
  std::vector<Slice> slices;
  bool sliced = false;
  Parameters parameters;
  std::uint64_t seed = 0;
  /// The dtype of floats, as a mergekit file says it.
  std::optional<DType> dtype;
  /// Without: what holds all inputs of a tensor, as torch promotes them; else the dtype of the base, or of
  /// the first model.
  bool promotes = false;
  std::string text;  ///< what makes the same of the same models again; it holds no paths
};

/// What a recipe calls its models: A is the first, B the second; 27 is the one behind Z.
std::string label_of(std::size_t model);
/// The model that is called so, by its label or its number, of so many; nothing where none is.
std::optional<std::size_t> model_labelled(const std::string& label, std::size_t models);

/// What a parameter is at a place: as its source says (null: none), else its slice, the recipe or the method.
/// Throws RequestError where nothing says so.
double parameter_of(const Recipe& recipe, const Slice& slice, const SliceSource* source, const Place& place,
                    std::string_view name);

}  // namespace aerotool::tasks
