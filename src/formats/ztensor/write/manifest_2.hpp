// The index of version 2, written (src/formats/ztensor/FORMAT.md, "Manifest", "CBOR").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/write/written_objects.hpp"
#include "model/metadata.hpp"

namespace aerotool::ztensor {

/// What the index says of a part beside its types.
struct PlacedPart {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< stored
  std::string digest = {};   ///< "xxh3:..."; empty: none
  bool is_compressed = false;
  std::string_view shard = {};  ///< the file beside it that it is in; empty: the file of the index
};

/// What stands before the objects of an index, an object's entry, and what stands behind the objects. `place`
/// tells of the object's parts by their numbers in it. `shards` are sorted as keys are.
void begin_manifest_2(std::string& out, std::uint64_t objects, bool has_attributes,
                      std::span<const ShardEntry> shards = {});
void append_object_2(std::string& out, const WrittenObject& object,
                     const std::function<PlacedPart(std::size_t part)>& place);
void end_manifest_2(std::string& out, const std::optional<Metadata>& attributes);

/// Hands the index over piece by piece. `place` tells of every part by its number, in the order of the
/// objects.
void render_manifest_2(const WrittenObjects& objects, const std::optional<Metadata>& attributes,
                       std::span<const ShardEntry> shards,
                       const std::function<PlacedPart(std::size_t part)>& place,
                       const std::function<void(std::string_view)>& put);

/// The 40 bytes at the end of the file; `hash` is the XXH3 of the index.
std::string render_footer(std::uint64_t manifest_offset, std::uint64_t manifest_length, std::uint64_t hash);
/// The same of a file that has no index.
std::string render_shard_footer();

}  // namespace aerotool::ztensor
