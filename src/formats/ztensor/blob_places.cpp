#include "formats/ztensor/blob_places.hpp"

#include <algorithm>
#include <tuple>

#include "core/checked.hpp"
#include "model/report.hpp"

namespace aerotool::ztensor {

std::optional<Breach> BlobPlaces::add(std::uint64_t offset, std::uint64_t length, std::uint64_t owner) {
  if (!range_fits(offset, length, end_)) {
    return Breach{Rule::blob_bounds, std::to_string(length) + " bytes at " + std::to_string(offset) +
                                         " do not end before " + std::to_string(end_) + ", as all blobs do"};
  }
  if (length != 0) blobs_.push_back({offset, length, owner});
  if (offset % alignment_ == 0 && offset >= alignment_) return std::nullopt;
  return Breach{Rule::blob_alignment, "the offset " + std::to_string(offset) +
                                          " is no positive multiple of " + std::to_string(alignment_)};
}

std::vector<BlobPlaces::Overlap> BlobPlaces::overlaps() {
  std::ranges::sort(blobs_, [](const Blob& a, const Blob& b) {
    return std::tie(a.offset, a.length, a.owner) < std::tie(b.offset, b.length, b.owner);
  });
  std::vector<Overlap> found;
  const Blob* furthest = nullptr;  // of those before, the one that ends last
  for (const Blob& blob : blobs_) {
    if (furthest != nullptr && blob.offset < furthest->offset + furthest->length &&
        (blob.offset != furthest->offset || blob.length != furthest->length)) {
      found.push_back({blob.owner, furthest->owner});
      if (found.size() == Report::kMax) break;
    }
    if (furthest == nullptr || blob.offset + blob.length > furthest->offset + furthest->length)
      furthest = &blob;
  }
  return found;
}

}  // namespace aerotool::ztensor
