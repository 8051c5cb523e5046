// The blobs of a version 2 file in zstd frames (src/formats/ztensor/FORMAT.md, "Encoding
// `zt.zstd-seekable/1`").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::ztensor {

struct CompressedBlob {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;
};

/// At most so many bytes do the blobs of a shard take, each behind padding.
std::uint64_t compressed_bound(const Blobs& blobs, std::size_t shard);

/// Hands over the blobs of a shard, each at a multiple of `blobs.begin`, which is where the first one begins;
/// frames are made side by side. `pass` has been run over the same tensors with XXH3 or SHA-256 of each, and
/// bytes that are no longer those it saw are an IoError. Adds to `written` where each blob is; returns where
/// the last one ends.
std::uint64_t write_compressed(const Plan& plan, const Blobs& blobs, std::size_t shard, int level,
                               const WeightPass& pass, const Put& sink, io::Progress* progress,
                               std::vector<CompressedBlob>& written);

}  // namespace aerotool::ztensor
