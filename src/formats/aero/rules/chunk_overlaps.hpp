// Chunks of an AERO file that share bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/tensor_table.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Two chunks that share bytes [begin, end) of the file.
struct Overlap {
  std::size_t first = 0;  ///< indexes into Container::chunks
  std::size_t second = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
std::vector<Overlap> find_overlaps(const Container& container);

/// Notes them, with the tensors that lie there.
void check_chunk_overlaps(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                          Report& report);

}  // namespace aerotool::aero
