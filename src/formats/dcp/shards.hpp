// What HuggingFaceStorageWriter of torch writes with save_distributed=True: safetensors files of each process
// with parts of tensors (src/formats/dcp/FORMAT.md, "Without an index").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/dcp/parts.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::dcp {

/// shard-00002-model-00001-of-00003.safetensors
struct ShardName {
  std::uint32_t process = 0;  ///< from 1 on
  std::uint32_t part = 0;
  std::uint32_t count = 0;
};
std::optional<ShardName> shard_name(std::string_view name);

/// Of all that lie beside one of them. Throws CorruptError and UnsupportedError.
Parts parts_of_shards(const io::Input& named, Report& report);

}  // namespace aerotool::dcp
