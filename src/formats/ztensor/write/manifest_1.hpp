// The index of version 1.2, written (src/formats/ztensor/FORMAT.md, "Manifest" of version 1).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "formats/ztensor/write/written_objects.hpp"
#include "hash/checksum.hpp"
#include "model/metadata.hpp"

namespace aerotool::ztensor {

/// What the index says of a component beside its types.
struct PlacedComponent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;                   ///< stored
  std::optional<hash::Checksum> digest = {};  ///< of what is stored
  bool is_compressed = false;
};

/// `place` tells of every part by its number, in the order of the objects.
std::string render_manifest_1(const WrittenObjects& objects, const std::optional<Metadata>& attributes,
                              const std::function<PlacedComponent(std::size_t part)>& place);

/// What follows the index.
std::string render_end_1(std::uint64_t manifest_size);

}  // namespace aerotool::ztensor
