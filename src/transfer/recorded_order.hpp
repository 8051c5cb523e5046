// A plan's tensors in the order that its source has recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/source.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

/// The tensors of a plan at these indexes.
std::vector<PlannedTensor> tensors_at(const Plan& plan, const std::vector<std::uint64_t>& order);

/// All tensors, those of several files one file behind the other; nothing where the source has recorded no
/// order. The source is as carried() gives it.
std::optional<std::vector<PlannedTensor>> in_recorded_order(const Plan& plan, const Source& source);

}  // namespace aerotool
