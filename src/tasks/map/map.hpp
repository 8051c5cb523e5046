// A map of a model's files: each byte of them stands in one region, in the order of offsets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::tasks {

inline constexpr std::size_t kNoShard = static_cast<std::size_t>(-1);

struct MappedRegion {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string_view name =
      {};  ///< as long as the map and its model are there; hostile, empty where it has none
  RegionKind kind = RegionKind::gap;
  StoredEncoding encoding = StoredEncoding::raw;
  bool is_rest = false;                     ///< its first bytes are in regions before it
  std::size_t shard = kNoShard;             ///< of FileMap::shards
  std::vector<std::string_view> also = {};  ///< what else begins in these bytes
};

/// What would go on behind the end of its file.
struct CutRegion {
  std::string_view name;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct FileMap {
  std::string path;
  std::uint64_t size = 0;
  bool is_here = true;                ///< else the size is what an index makes of it
  std::vector<Shard> shards;          ///< that are a part of the file, by offset
  std::vector<MappedRegion> regions;  ///< one behind the other, from 0 to the size
  std::vector<CutRegion> cut;
  std::shared_ptr<const std::deque<std::string>> names;  ///< which regions borrow
};

/// What has no bytes has no region.
FileMap map_of(KnownFile file);

/// The files of a model, in its order. Reads no weights.
std::vector<FileMap> map_of(const Model& model);

}  // namespace aerotool::tasks
