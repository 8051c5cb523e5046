// What differs between two models, whatever formats they have.
#pragma once

#include <vector>

#include "model/model.hpp"
#include "tasks/compare/metadata.hpp"
#include "tasks/compare/weights.hpp"
#include "tasks/listener.hpp"

namespace aerotool::tasks {

/// An object that is not the same in both, beside what differs in its tensors.
struct ObjectDifference {
  const Object* a = nullptr;  ///< null: only in B
  const Object* b = nullptr;
};

struct ModelDifference {
  std::vector<MetadataDifference> metadata;
  std::vector<ObjectDifference> objects;  ///< by name
  WeightDifference weights;

  /// Nothing was found; whether all was compared is another matter: weights.not_compared.
  bool none() const { return weights.tensors.empty() && metadata.empty() && objects.empty(); }
  bool same() const { return none() && weights.not_compared == 0; }
};

/// Compares metadata, then weights, so that what is wrong with metadata is told before weights are read; the
/// listener follows the latter. Throws what compare_weights() throws, and IoError where a model has changed
/// meanwhile. The result points into the models.
ModelDifference compare_models(const Model& a, const Model& b, CompareOptions options,
                               const Listener& listener);

}  // namespace aerotool::tasks
