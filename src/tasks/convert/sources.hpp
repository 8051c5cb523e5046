// The inputs of a conversion, and the plan that they make.
#pragma once

#include <memory>
#include <vector>

#include "tasks/convert/computed.hpp"
#include "tasks/convert/request.hpp"
#include "tasks/listener.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// The models that a plan refers to live as long as this.
struct Sources {
  std::vector<std::unique_ptr<Model>> models;
  Plan plan;
  std::vector<ComputedTensor> computed;
};

/// Opens the inputs, unites them, and selects their tensors. Throws RequestError, and what opening a model
/// throws.
Sources open_sources(const ConvertRequest& request, const Listener& listener);

}  // namespace aerotool::tasks
