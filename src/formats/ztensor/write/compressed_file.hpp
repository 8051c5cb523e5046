// The blobs of a version 2 file in zstd frames (src/formats/ztensor/FORMAT.md, "Encoding
// `zt.zstd-seekable/1`").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/ztensor/write/blobs.hpp"
#include "io/output.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::ztensor {

struct CompressedBlob {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;
};

/// At most so many bytes do the blobs take, each behind padding.
std::uint64_t compressed_bound(const Blobs& blobs, std::uint64_t alignment);

/// Writes blobs, each at a multiple of the alignment, behind the `begin` bytes that have been written; frames
/// are made side by side. `pass` has been run over the same tensors with XXH3 or SHA-256 of each, and bytes
/// that are no longer those it saw are an IoError. Returns the blobs by the numbers of their tensors in the
/// layout; `end` becomes the end of the last one.
std::vector<CompressedBlob> write_compressed(const Plan& plan, const Blobs& blobs, int level,
                                             std::uint64_t alignment, const WeightPass& pass,
                                             io::Output& output, std::uint64_t& end, io::Progress* progress);

}  // namespace aerotool::ztensor
