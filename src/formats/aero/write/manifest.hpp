// MMSG: the manifest of an AERO file (src/formats/aero/FORMAT.md, "MMSG"), written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "encoding/value.hpp"
#include "formats/aero/layout.hpp"
#include "model/dtype.hpp"

namespace aerotool::aero {

/// What a manifest is written from.
struct ManifestContent {
  std::string model_name;
  std::string architecture;
  const std::vector<Chunk>* chunks = nullptr;  ///< in TOC order
  struct ShardLine {
    std::uint64_t shard_id = 0;
    std::uint64_t size = 0;
    std::uint64_t tensor_count = 0;
  };
  std::vector<ShardLine> shards;                ///< in TOC order
  std::vector<const PackedType*> packed_types;  ///< by quant id
  std::string source;                           ///< packed msgpack; empty for none
  MapItems extras;
};

std::string render_manifest(const ManifestContent& content);

}  // namespace aerotool::aero
