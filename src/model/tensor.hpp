#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hash/digest.hpp"
#include "model/dtype.hpp"

namespace aerotool {

using Shape = std::vector<std::uint64_t>;

/// One tensor of a model. Plain data; the bytes come from Model::read.
struct Tensor {
  std::string name;
  DType dtype;
  Shape shape;                   ///< row-major
  std::uint64_t size = 0;        ///< bytes
  std::uint64_t offset = 0;      ///< of the first byte in its file
  std::uint32_t shard = 0;       ///< index into Overview::shards
  std::optional<Digest> digest;  ///< BLAKE3-256 that the file itself carries
};

/// "[4096, 11008]"
std::string to_string(const Shape& shape);

}  // namespace aerotool
