// The digests of what a layout holds, whoever computed them: a pass over the weights, or the processes that
// wrote the parts of a set.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "transfer/weight_pass.hpp"

namespace aerotool {

/// Those that an output wants; by the numbers of shards and tensors in its layout.
struct KnownDigests {
  std::function<const Digest&(std::size_t shard)> shard;
  std::function<const Digest&(std::size_t shard, std::size_t tensor)> tensor;
  std::function<const std::vector<Digest>&(std::size_t shard)> pages;
};

/// What a pass has computed, which outlives this: over a whole layout, or over the part of it that begins
/// with these (part_layout.hpp).
inline KnownDigests digests_of(const WeightPass& pass, std::size_t first_shard = 0,
                               std::size_t first_tensor = 0) {
  return {[&pass, first_shard](std::size_t shard) -> const Digest& {
            return pass.shard_digest(shard - first_shard);
          },
          [&pass, first_shard, first_tensor](std::size_t shard, std::size_t tensor) -> const Digest& {
            return pass.tensor_digest(shard - first_shard, tensor - first_tensor);
          },
          [&pass, first_shard](std::size_t shard) -> const std::vector<Digest>& {
            return pass.page_digests(shard - first_shard);
          }};
}

}  // namespace aerotool
