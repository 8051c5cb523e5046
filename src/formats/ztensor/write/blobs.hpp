// Where the blobs of a file go (src/formats/ztensor/FORMAT.md, "Canonical form
// (the default of writer and CLI)"): parts in the order of their
// objects and roles, those of equal bytes sharing the first one's place.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/ztensor/write/written_objects.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool::ztensor {

struct Blobs {
  /// One shard, which begins at `begin` of the file and holds each blob once.
  TensorLayout layout;
  std::uint64_t begin = 0;
  /// Of every part, in order: which tensor of the layout has its bytes.
  std::vector<std::size_t> of_parts;
  /// Where the index goes.
  std::uint64_t end = 0;

  /// Of a part, in order, as it is stored raw.
  std::uint64_t length(std::size_t part) const { return layout.tensors[of_parts[part]].tensor().size; }
  std::uint64_t offset(std::size_t part) const { return begin + layout.offsets[of_parts[part]]; }
};

/// Places every part by itself.
Blobs place_blobs(const Plan& plan, const std::vector<WrittenObject>& objects, std::uint64_t alignment);

/// Finds the parts of equal bytes, which are read where another one has the same size and the same beginning
/// and end, and held to the hashes that their models carry. Throws what reading throws, and CorruptError.
Blobs place_blobs_once(const Plan& plan, const std::vector<WrittenObject>& objects, std::uint64_t alignment);

}  // namespace aerotool::ztensor
