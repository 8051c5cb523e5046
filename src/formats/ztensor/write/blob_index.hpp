// The index of version 2 of blobs that are placed, and of what they have become.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/compressed_file.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "formats/ztensor/write/options.hpp"
#include "formats/ztensor/write/written_objects.hpp"
#include "model/metadata.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::ztensor {

struct IndexedBlobs {
  const WrittenObjects& objects;
  const std::optional<Metadata>& attributes;
  const Blobs& blobs;
  const Settings& settings;
  /// The files of the layout's shards; empty: blobs are in the file of the index.
  std::span<const ShardEntry> shards = {};
};

/// At most so many bytes does the index take. Throws UnsupportedError where that is more than a file can
/// have.
std::uint64_t index_bound(const Plan& plan, const IndexedBlobs& indexed);

/// Hands over the index, which begins at `offset` of its file, and the footer. After `pass` has run;
/// `compressed` has the blobs of the layout where they are stored so.
void write_index(const IndexedBlobs& indexed, const WeightPass& pass,
                 std::span<const CompressedBlob> compressed, std::uint64_t offset, const Put& put);

/// What a pass over the blobs is to find out.
WantedDigests wanted_digests(const Settings& settings);

/// The bytes before the first blob.
std::string render_head(const Settings& settings);

}  // namespace aerotool::ztensor
