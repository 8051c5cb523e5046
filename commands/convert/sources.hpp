// The inputs of a conversion, and the plan that they make.
#pragma once

#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "transfer/plan.hpp"

namespace aerotool::commands {

/// The models that a plan refers to live as long as this.
struct Sources {
  std::vector<std::unique_ptr<Model>> models;
  Plan plan;
};

/// Opens all operands but the last, unites them, selects their tensors, and applies the write options. Throws
/// UsageError, and what opening a model throws.
Sources open_sources(const cli::Arguments& arguments);

}  // namespace aerotool::commands
