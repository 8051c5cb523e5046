// A model of version 2 in several files: the root's index says what is in the shards, which have none
// (src/formats/ztensor/FORMAT.md, "Shards").
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/ztensor/write/blob_index.hpp"
#include "formats/ztensor/write/content.hpp"
#include "io/directory_output.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"

namespace aerotool::ztensor {

class Shards {
 public:
  /// Null where all fits in one file. Reads parts that may be equal, as place_blobs_once() does; throws what
  /// that throws.
  static std::unique_ptr<Shards> of(const Plan& plan, std::uint64_t most);
  Shards(const Plan& plan, Settings settings, WrittenObjects objects, Blobs blobs);
  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;

  /// As the root's index calls them.
  std::vector<std::string> names() const;
  std::vector<std::string> files() const;
  PlanSummary summary() const;
  /// Writes all files. What the sources carry as hashes is checked over the same read, but where parts are
  /// compressed by a read before.
  void write(io::DirectoryOutput& directory, io::Progress* progress);

 private:
  struct File {
    std::string shard;
    std::string name;
    std::uint64_t size = 0;  ///< at most, until it is written
    std::string digest;
  };

  std::vector<ShardEntry> entries() const;
  IndexedBlobs indexed(std::span<const ShardEntry> shards) const;
  void write_raw(io::DirectoryOutput& directory, WeightPass& pass, io::Progress* progress);
  void write_encoded(io::DirectoryOutput& directory, WeightPass& pass, io::Progress* progress);

  const Plan& plan_;
  Content content_;
  Settings settings_;
  WrittenObjects objects_;
  Blobs blobs_;
  std::vector<File> files_;  // one for each shard of the layout
  std::vector<CompressedBlob> compressed_;
};

/// The file that has the index.
inline constexpr std::string_view kRootFile = "model.zt";

}  // namespace aerotool::ztensor
