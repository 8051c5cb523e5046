#include "formats/ztensor/write/blob_index.hpp"

#include <string_view>

#include "core/error.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "hash/xxh3.hpp"

namespace aerotool::ztensor {
namespace {

PlacedPart placed_raw(const IndexedBlobs& indexed, std::size_t part) {
  PlacedPart placed{.offset = indexed.blobs.offset(part), .length = indexed.blobs.length(part)};
  if (!indexed.shards.empty()) placed.shard = indexed.shards[indexed.blobs.shard(part)].name;
  return placed;
}

}  // namespace

std::uint64_t index_bound(const Plan& plan, const IndexedBlobs& indexed) {
  const Settings& settings = indexed.settings;
  const hash::Checksum some{.algorithm = settings.algorithm()};
  std::uint64_t size = 0;
  render_manifest_2(
      indexed.objects, indexed.attributes, indexed.shards,
      [&](std::size_t part) {
        PlacedPart placed = placed_raw(indexed, part);
        if (settings.digest) placed.digest = hash::to_string(some);
        placed.is_compressed = settings.level != 0;
        return placed;
      },
      [&](std::string_view piece) { size += piece.size(); });
  if (size > kMaxManifest) {
    throw UnsupportedError({plan.models.front()->path(), {}, {}},
                           "would take an index of more than 1 GiB, which zTensor does not have");
  }
  return size;
}

void write_index(const IndexedBlobs& indexed, const WeightPass& pass,
                 std::span<const CompressedBlob> compressed, std::uint64_t offset, const Put& put) {
  hash::Xxh3 hash;
  std::uint64_t length = 0;
  const auto place = [&](std::size_t part) {
    const std::size_t blob = indexed.blobs.of_parts[part];
    PlacedPart placed = placed_raw(indexed, part);
    if (indexed.settings.digest) placed.digest = hash::to_string(pass.tensor_checksum(blob));
    if (compressed.empty()) return placed;
    placed.offset = compressed[blob].offset;
    placed.length = compressed[blob].length;
    placed.is_compressed = true;
    return placed;
  };
  render_manifest_2(indexed.objects, indexed.attributes, indexed.shards, place, [&](std::string_view piece) {
    hash.add(bytes_of(piece));
    length += piece.size();
    put(bytes_of(piece));
  });
  put(bytes_of(render_footer(offset, length, hash.finish())));
}

WantedDigests wanted_digests(const Settings& settings) {
  return {.shards = false, .tensors = false, .page_size = {}, .checksums = settings.algorithm()};
}

std::string render_head(const Settings& settings) {
  return std::string(kMagic2) + std::string(settings.alignment - kMagicSize, '\0');
}

}  // namespace aerotool::ztensor
