// What NumPy's files hold of a plan, one array or many: tensors, and nothing beside them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transfer/plan.hpp"

namespace aerotool::npy {

struct Content {
  /// In the order that an archive had, else in that of their names.
  std::vector<PlannedTensor> tensors;
  std::vector<std::string> lost;  ///< as PlanSummary has them
  std::vector<std::string> dropped;
  std::vector<std::string> warnings;
};

/// `format` is what --to calls the target. Throws UnsupportedError where a tensor is not for NumPy, or where
/// the plan sets what arrays have no place for.
Content content_of(const Plan& plan, std::string_view format);

/// The header of a tensor that content_of() has passed.
std::string header_of(const Tensor& tensor);

}  // namespace aerotool::npy
