// Chunks of an AERO file that share bytes.
#pragma once

#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/tensor_table.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Notes chunks that share bytes, with the tensors that lie there.
void check_chunk_overlaps(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                          Report& report);

}  // namespace aerotool::aero
