// Which shard each tensor of a plan goes to and where in it (spec/aero.md, "Sharding").
#pragma once

#include <cstdint>
#include <vector>

#include "model/plan.hpp"

namespace aerotool::aero {

struct PlannedShard {
  std::size_t first = 0;  ///< its tensors are plan.tensors[first, first + count)
  std::size_t count = 0;
  std::uint64_t size = 0;  ///< bytes
};

struct TensorLayout {
  std::vector<PlannedShard> shards;
  std::vector<std::uint64_t> offsets;  ///< of each planned tensor in its shard
};

/// Throws UnsupportedError where a tensor cannot stand in an AERO file.
TensorLayout lay_out_tensors(const Plan& plan);

/// The bytes of a planned shard from `offset` on: tensors, and zeros between them. Throws what Model::read
/// throws.
void read_planned(const Plan& plan, const TensorLayout& layout, std::size_t shard, std::uint64_t offset,
                  std::span<std::byte> out);

}  // namespace aerotool::aero
