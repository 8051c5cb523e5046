// Where each tensor of a plan goes: runs of bytes ("shards": a WTSH chunk, a data section) that hold
// tensors one behind the other.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

struct PlannedShard {
  std::size_t first = 0;  ///< its tensors are TensorLayout::tensors[first, first + count)
  std::size_t count = 0;
  std::uint64_t size = 0;  ///< bytes
  /// Bytes between and after its tensors where they are not zeros, by offset in the shard.
  std::vector<std::pair<std::uint64_t, Bytes>> fill;
};

struct TensorLayout {
  std::vector<PlannedTensor> tensors;  ///< in the order in which they are written
  std::vector<std::uint64_t> offsets;  ///< of each tensor in its shard, ascending in a shard
  std::vector<PlannedShard> shards;
};

/// The bytes of a planned shard from `offset` on: tensors, and what stands between them. Throws what
/// Model::read throws.
void read_planned(const TensorLayout& layout, std::size_t shard, std::uint64_t offset,
                  std::span<std::byte> out);

}  // namespace aerotool
