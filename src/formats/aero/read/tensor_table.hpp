// The tensors of an AERO file: TIDX with every dtype, shape and place resolved.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "formats/aero/read/described_types.hpp"
#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/tensor_index.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::aero {

enum class FileKind {
  file,      ///< with the weights that its TIDX lists
  set_index  ///< of an AEROSET: TIDX lists tensors of other files; they are described, not placed
};

struct TensorTable {
  std::vector<Tensor> tensors;
  std::vector<Placement> placements;         ///< beside them; of a set's index only
  std::vector<std::uint32_t> by_place;       ///< indexes by shard and offset; of a file only
  std::map<std::uint64_t, MapItems> extras;  ///< as TensorIndex has them
  DescribedTypes types;
  bool all_usable = true;  ///< no entry of TIDX was left out because it is not sound

  /// The tensors of a shard in offset order.
  std::span<const std::uint32_t> of_shard(std::size_t shard) const;
};

/// Reads TIDX, and tells what the file's end cuts off. Types that `index` describes, which outlives the table
/// and may be null, are not held again.
TensorTable read_tensor_table(OpenedFile& file, ShardMap& shards, FileKind kind, const TensorTable* index,
                              Report& report);

/// Adds the tensors of a shard whose bytes lie in [begin, end) of the file, which is called `path`.
void add_tensors_in(const TensorTable& table, const std::string& path, std::size_t shard, std::uint64_t begin,
                    std::uint64_t end, std::vector<HitTensor>& hit);

/// Those of all shards.
std::vector<HitTensor> tensors_in(const TensorTable& table, const ShardMap& shards, const std::string& path,
                                  std::uint64_t begin, std::uint64_t end);

}  // namespace aerotool::aero
