#include "formats/aero/read/shard_map.hpp"

#include <algorithm>

namespace aerotool::aero {

ShardMap::ShardMap(const std::vector<Chunk>& chunks) : chunks_(&chunks) {
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].fourcc != kWeights) continue;
    by_name_.emplace(chunks[i].name, toc_indexes_.size());
    toc_indexes_.push_back(i);
  }
  ids_.resize(toc_indexes_.size());
}

std::optional<std::size_t> ShardMap::named(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> ShardMap::with_id(std::uint64_t id) {
  // Names take longer to look up, and most tensors lie in the shard of the one before.
  if (last_ && ids_[*last_] == id) return last_;
  const auto shard = named(shard_name(id));
  if (!shard) return std::nullopt;
  ids_[*shard] = id;
  last_ = shard;
  return shard;
}

std::optional<std::size_t> ShardMap::of_page_hashes(const Chunk& chunk) const {
  return named(chunk.name.substr(0, chunk.name.rfind(".phsh")));
}

const Chunk* ShardMap::page_hashes_of(std::size_t shard) const {
  const std::string name = (*this)[shard].name + ".phsh";
  const auto found = std::find_if(chunks_->begin(), chunks_->end(), [&](const Chunk& chunk) {
    return chunk.fourcc == kPageHashes && chunk.name == name;
  });
  return found == chunks_->end() ? nullptr : &*found;
}

}  // namespace aerotool::aero
