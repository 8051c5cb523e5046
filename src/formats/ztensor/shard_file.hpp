// Files beside a zTensor file that hold some of its blobs (src/formats/ztensor/FORMAT.md, "Shards").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/ztensor/layout.hpp"
#include "hash/checksum.hpp"
#include "io/input.hpp"
#include "io/progress.hpp"
#include "model/report.hpp"

namespace aerotool::ztensor {

struct ShardFile {
  std::string name;  ///< as the index calls it
  std::uint64_t size = 0;
  std::optional<hash::Checksum> digest;  ///< of the whole file
};

/// What an index says of a shard; a digest that is malformed is left out.
ShardFile shard_file(const ShardEntry& entry);

/// "model-00001.zt" of the shard "00001" of "model.zt".
std::string file_name_of_shard(const std::string& root, const std::string& shard);

/// Those of the files beside a root that its index says to be its shards; none where it has no sound index.
/// Only a root that has a name like theirs is read. Throws IoError.
std::vector<std::string> shards_among(const std::string& root, std::span<const std::string> names);

/// Opens a shard beside its root, and holds its end and size to what the index says. Null where it cannot be
/// used, which is reported as unreadable.
std::shared_ptr<io::Input> open_shard(const io::Input& root, const ShardFile& shard, Report& report);

/// Throws CorruptError where a shard does not have its digest. The shard has one.
void require_digest(const io::Input& input, const ShardFile& shard, unsigned jobs, io::Progress* progress);

}  // namespace aerotool::ztensor
