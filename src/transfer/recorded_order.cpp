#include "transfer/recorded_order.hpp"

namespace aerotool {

std::vector<PlannedTensor> tensors_at(const Plan& plan, const std::vector<std::uint64_t>& order) {
  std::vector<PlannedTensor> tensors;
  tensors.reserve(order.size());
  for (const std::uint64_t index : order) tensors.push_back(plan.tensors[index]);
  return tensors;
}

std::optional<std::vector<PlannedTensor>> in_recorded_order(const Plan& plan, const Source& source) {
  if (source.order) return tensors_at(plan, *source.order);
  if (source.files.empty()) return std::nullopt;
  std::vector<PlannedTensor> tensors;
  for (const SourceFile& file : source.files) {
    const auto more = tensors_at(plan, file.order);
    tensors.insert(tensors.end(), more.begin(), more.end());
  }
  return tensors;
}

}  // namespace aerotool
