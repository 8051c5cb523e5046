// Where blobs lie (src/formats/ztensor/FORMAT.md, "Blobs", "What a reader must reject"): each by itself, and
// all of a file beside each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/ztensor/facts.hpp"

namespace aerotool::ztensor {

class BlobPlaces {
 public:
  /// Blobs of a file end at `end` at the latest, and begin at multiples of `alignment`.
  BlobPlaces(std::uint64_t alignment, std::uint64_t end) : alignment_(alignment), end_(end) {}

  /// What is wrong with a blob by itself. One that does not lie in the file is not compared with others.
  std::optional<Breach> add(std::uint64_t offset, std::uint64_t length, std::uint64_t owner);

  /// Two blobs that share bytes without being the same, in the order of their places; of many the first ones.
  struct Overlap {
    std::uint64_t owner = 0;  ///< as add() was told
    std::uint64_t other = 0;  ///< that begins before, or at the same place
  };
  std::vector<Overlap> overlaps();

 private:
  struct Blob {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t owner = 0;
  };
  std::uint64_t alignment_;
  std::uint64_t end_;
  std::vector<Blob> blobs_;
};

}  // namespace aerotool::ztensor
