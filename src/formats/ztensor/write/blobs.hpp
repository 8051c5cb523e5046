// Where the blobs of a file go (src/formats/ztensor/FORMAT.md, "Canonical form
// (the default of writer and CLI)"): parts in the order of their
// objects and roles, those of equal bytes sharing the first one's place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "formats/ztensor/write/written_objects.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool::ztensor {

struct Blobs {
  /// A shard for each file, which begins at `begin` of it. Each blob is there once.
  TensorLayout layout;
  std::uint64_t begin = 0;
  /// Of every part, in order: which tensor of the layout has its bytes.
  std::vector<std::size_t> of_parts;

  /// Of a part, in order, as it is stored raw.
  std::uint64_t length(std::size_t part) const { return layout.tensors[of_parts[part]].tensor().size; }
  std::uint64_t offset(std::size_t part) const { return begin + layout.offsets[of_parts[part]]; }
  /// Which file has it.
  std::size_t shard(std::size_t part) const;
  /// What a file takes up to the end of its last blob where padding is left out
  /// (io::Output::leave_out_zeros).
  std::uint64_t room(std::size_t shard) const;
};

/// How blobs are placed.
struct Placing {
  std::uint64_t alignment = 0;
  /// A file ends before its blobs take more, but it has one at least; nothing: there is one file.
  std::optional<std::uint64_t> most;
};

/// Places every part by itself.
Blobs place_blobs(const Plan& plan, const WrittenObjects& objects, const Placing& placing);

/// Finds the parts of equal bytes, which are read where another one has the same size and the same beginning
/// and end, and held to the hashes that their models carry. Throws what reading throws, and CorruptError.
Blobs place_blobs_once(const Plan& plan, const WrittenObjects& objects, const Placing& placing);

}  // namespace aerotool::ztensor
