// MMSG: the manifest of an AERO file (src/formats/aero/FORMAT.md, "MMSG"), read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "encoding/value_builder.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

struct ManifestChunk {
  std::string role;
  std::string fourcc;
  std::optional<std::uint64_t> toc_index;
  std::optional<std::uint64_t> shard_id;
};

struct ManifestShard {
  std::optional<std::uint64_t> shard_id, toc_index, size_bytes, tensor_count;
  bool mmap_critical = false;
};

struct Manifest {
  bool sound = false;  ///< there is one, and it was read to its end
  bool has_model = false;
  std::string model_name;
  std::string architecture;
  std::optional<std::vector<ManifestChunk>> chunks;
  std::optional<std::vector<ManifestShard>> shards;
  Value quant_descriptors;  ///< null where there are none
  bool has_source = false;
  Value source;     ///< built on demand only
  MapItems extras;  ///< members that this version does not know, on demand only
};

/// What of the manifest is built: source and unknown members can be large and few commands need them.
enum class ManifestParts { essential, all };

/// `memory` is what values may take yet, and is lowered by what these take.
Manifest read_manifest(const io::Input& input, const Chunk& chunk, ManifestParts parts, std::uint64_t& memory,
                       Report& report);

}  // namespace aerotool::aero
