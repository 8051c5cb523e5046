// The objects of an index as tensors: one for each part.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/layout.hpp"
#include "hash/checksum_list.hpp"
#include "model/object.hpp"
#include "model/tensor.hpp"

namespace aerotool::ztensor {

/// How the bytes of a tensor are stored; they begin at Tensor::offset.
struct StoredPart {
  std::uint64_t length = 0;
  std::uint32_t file = 0;  ///< 0: the model's own, else 1 + the number of the shard
  Encoding encoding = Encoding::raw;
  std::uint8_t swapped_width = 1;  ///< of big-endian elements; 1 where there is nothing to swap
};

struct TensorTable {
  std::vector<Tensor> tensors;
  std::vector<StoredPart> parts;  ///< beside them
  hash::ChecksumList checksums;   ///< beside them, of those that have one
  /// Those that are more than a tensor of their name (src/formats/ztensor/FORMAT.md, "As tensors").
  std::vector<Object> objects;

  std::optional<hash::Checksum> checksum(std::size_t tensor) const {
    return checksums.has(tensor) ? std::optional(checksums.at(tensor)) : std::nullopt;
  }
};

class TensorTableBuilder {
 public:
  /// The shards in the order of the index.
  void add_shards(std::span<const ShardEntry> shards);
  /// `facts[i]` is of `object.parts[i]`, whose size is known.
  void add(const ObjectEntry& object, std::span<const PartFacts> facts);
  /// Gives the tensors names that differ. Nothing is added afterwards.
  TensorTable finish();

 private:
  void add_tensor(std::string name, const DType& dtype, Shape shape, const PartEntry& part,
                  const PartFacts& facts);
  Object::Part add_part(const ObjectEntry& object, const PartEntry& part, const PartFacts& facts,
                        bool has_its_shape);

  TensorTable table_;
  std::unordered_map<std::string_view, std::uint32_t> files_;
  std::vector<std::size_t> made_names_;  ///< tensors that are not called as an object is
};

}  // namespace aerotool::ztensor
