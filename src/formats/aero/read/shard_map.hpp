// The WTSH chunks of an AERO file, by number and by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/aero/layout.hpp"

namespace aerotool::aero {

/// Tensor::shard counts in its shards.
class ShardMap {
 public:
  /// `chunks` are a file's, in TOC order, and outlive this.
  explicit ShardMap(const std::vector<Chunk>& chunks);

  std::size_t size() const { return toc_indexes_.size(); }
  const Chunk& operator[](std::size_t shard) const { return (*chunks_)[toc_indexes_[shard]]; }
  /// Its index in the TOC.
  std::size_t toc_index(std::size_t shard) const { return toc_indexes_[shard]; }
  /// The shard of that name.
  std::optional<std::size_t> named(const std::string& name) const;
  /// The shard that TIDX means by an id. The shard remembers it.
  std::optional<std::size_t> with_id(std::uint64_t id);
  /// The id that a shard was found by.
  std::uint64_t id_of(std::size_t shard) const { return ids_[shard]; }
  /// The shard that a PHSH chunk is named after.
  std::optional<std::size_t> of_page_hashes(const Chunk& chunk) const;
  /// The PHSH chunk of a shard; null where there is none.
  const Chunk* page_hashes_of(std::size_t shard) const;

 private:
  const std::vector<Chunk>* chunks_;
  std::vector<std::size_t> toc_indexes_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<std::uint64_t> ids_;   // as far as tensors name them
  std::optional<std::size_t> last_;  // that was looked for by id
};

}  // namespace aerotool::aero
