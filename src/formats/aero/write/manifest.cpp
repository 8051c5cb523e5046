#include "formats/aero/write/manifest.hpp"

#include <optional>

#include "encoding/msgpack/pack.hpp"
#include "formats/aero/write/tensor_index.hpp"

namespace aerotool::aero {

namespace {

void pack_chunk_line(PackBuffer& out, const Chunk& chunk, std::size_t index,
                     std::optional<std::uint64_t> shard) {
  pack_map_header(out, shard ? 4 : 3);
  pack_text(out, "role");
  pack_text(out, role_of(chunk.fourcc));
  pack_text(out, "fourcc");
  pack_text(out, chunk.fourcc);
  pack_text(out, "toc_index");
  pack_unsigned(out, index);
  if (shard) {
    pack_text(out, "shard_id");
    pack_unsigned(out, *shard);
  }
}

}  // namespace

std::string render_manifest(const ManifestContent& content) {
  PackBuffer out;
  const bool packed = !content.packed_types.empty();
  pack_map_header(out, 4 + (packed ? 1 : 0) + (content.source.empty() ? 0 : 1) + content.extras.size());
  pack_text(out, "format");
  pack_map_header(out, 2);
  pack_text(out, "name");
  pack_text(out, kMagic);
  pack_text(out, "version");
  pack_array_header(out, 2);
  pack_unsigned(out, kVersionMajor);
  pack_unsigned(out, kVersionMinor);
  pack_text(out, "model");
  pack_map_header(out, 2);
  pack_text(out, "name");
  pack_text(out, content.model_name);
  pack_text(out, "architecture");
  pack_text(out, content.architecture);

  const auto& chunks = *content.chunks;
  std::vector<std::size_t> shard_toc_index;
  pack_text(out, "chunks");
  pack_array_header(out, chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].fourcc == kWeights) shard_toc_index.push_back(i);
    const bool of_shard = chunks[i].fourcc == kWeights || chunks[i].fourcc == kPageHashes;
    std::optional<std::uint64_t> shard;
    if (of_shard) shard = content.shards[shard_toc_index.size() - 1].shard_id;
    pack_chunk_line(out, chunks[i], i, shard);
  }
  pack_text(out, "shards");
  pack_array_header(out, content.shards.size());
  for (std::size_t i = 0; i < content.shards.size(); ++i) {
    pack_map_header(out, 5);
    pack_text(out, "shard_id");
    pack_unsigned(out, content.shards[i].shard_id);
    pack_text(out, "toc_index");
    pack_unsigned(out, shard_toc_index[i]);
    pack_text(out, "size_bytes");
    pack_unsigned(out, content.shards[i].size);
    pack_text(out, "tensor_count");
    pack_unsigned(out, content.shards[i].tensor_count);
    pack_text(out, "mmap_critical");
    pack_boolean(out, true);
  }
  if (packed) {
    pack_text(out, "quant_descriptors");
    pack_array_header(out, content.packed_types.size());
    for (std::size_t id = 0; id < content.packed_types.size(); ++id) {
      const PackedType& type = *content.packed_types[id];
      pack_map_header(out, 4);
      pack_text(out, "id");
      pack_unsigned(out, id);
      pack_text(out, "quant_name");
      pack_text(out, type.name);
      pack_text(out, "codec");
      pack_text(out, type.codec);
      pack_text(out, "params");
      pack_type_params(out, type);
    }
  }
  if (!content.source.empty()) {
    pack_text(out, "source");
    out.bytes += content.source;
  }
  for (const auto& [key, value] : content.extras) {
    pack_value(out, key);
    pack_value(out, value);
  }
  return std::move(out.bytes);
}

}  // namespace aerotool::aero
