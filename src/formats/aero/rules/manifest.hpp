// Holds what MMSG lists to the TOC, and the names in it to MJSN's.
#pragma once

#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/tensor_table.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Of a file whose tensors are known, and whose lists of MMSG are still held. Where an entry of the TOC
/// cannot be used nothing is told: what it should have covered is missed everywhere.
void check_manifest(const OpenedFile& file, const ShardMap& shards, const TensorTable& table, Report& report);

}  // namespace aerotool::aero
