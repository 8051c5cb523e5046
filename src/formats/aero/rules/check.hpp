// What `validate` holds an AERO file to, beyond what reading it already tells.
#pragma once

#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/tensor_table.hpp"
#include "model/model.hpp"

namespace aerotool::aero {

/// False where the level is `control` and the file has no control-plane hash.
bool check_file(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                const CheckOptions& options, Report& report);

}  // namespace aerotool::aero
