#include "transfer/part_layout.hpp"

namespace aerotool {

TensorLayout part_layout(const TensorLayout& layout, std::size_t first, std::size_t count) {
  const auto tensors = part_tensors(layout, first, count);
  const auto offsets = layout.offsets.begin() + (tensors.data() - layout.tensors.data());
  TensorLayout part;
  part.tensors.assign(tensors.begin(), tensors.end());
  part.offsets.assign(offsets, offsets + static_cast<std::ptrdiff_t>(tensors.size()));
  const auto shards = layout.shards.begin() + static_cast<std::ptrdiff_t>(first);
  part.shards.assign(shards, shards + static_cast<std::ptrdiff_t>(count));
  const std::size_t first_tensor = part.shards.empty() ? 0 : part.shards.front().first;
  for (PlannedShard& shard : part.shards) shard.first -= first_tensor;
  return part;
}

std::span<const PlannedTensor> part_tensors(const TensorLayout& layout, std::size_t first,
                                            std::size_t count) {
  const std::span all = layout.tensors;
  if (count == 0) return all.first(0);
  const PlannedShard& last = layout.shards[first + count - 1];
  return all.first(last.first + last.count).subspan(layout.shards[first].first);
}

}  // namespace aerotool
