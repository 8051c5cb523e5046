// What a PyTorch checkpoint holds of a plan: tensors, and metadata as an attribute of their dict.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/metadata.hpp"
#include "transfer/plan.hpp"

namespace aerotool::torch {

struct Content {
  /// In the order that a checkpoint had, else in that of their names.
  std::vector<PlannedTensor> tensors;
  std::shared_ptr<const Metadata> metadata;
  std::vector<std::string> lost;  ///< as PlanSummary has them
  std::vector<std::string> dropped;
};

/// Throws UnsupportedError where a tensor is none that torch has, or where the plan sets what a pickle has no
/// place for.
Content content_of(const Plan& plan);

}  // namespace aerotool::torch
