// Where a zTensor file has its index: its first and last bytes (src/formats/ztensor/FORMAT.md).
#pragma once

#include <cstdint>

#include "formats/ztensor/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::ztensor {

struct Container {
  Version version = Version::v2;
  std::uint64_t manifest_offset = 0;  ///< 0 of a data shard
  std::uint64_t manifest_length = 0;
  /// Where the blobs end at the latest: at the footer; in versions 0.1 and 1 at the index.
  std::uint64_t blobs_end = 0;

  bool is_data_shard() const { return version == Version::v2 && manifest_length == 0; }
};

/// Throws CorruptError or UnsupportedError where the file has no index that can be read. Version 2's hash of
/// it is checked.
Container read_container(const io::Input& input, Report& report);

}  // namespace aerotool::ztensor
