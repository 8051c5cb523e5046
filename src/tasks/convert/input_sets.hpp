// Inputs that are parts of something: all parts of a model, and models that contradict themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// Counts, among the paths of inputs, the numbered parts of each model.
class NamedParts {
 public:
  explicit NamedParts(const std::vector<std::string>& inputs);
  /// Whether an input is numbered and all other parts of its model are inputs too.
  bool whole(const std::string& input) const;

 private:
  std::map<std::string, std::size_t> counts_;  // by the pattern for all parts
};

/// Throws CorruptError where a model contradicts itself about what is planned (Model::require_copyable). The
/// plan's tensors are in the order of their names.
void require_copyable(const Plan& plan);

}  // namespace aerotool::tasks
