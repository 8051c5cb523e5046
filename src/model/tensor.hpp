#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "hash/digest.hpp"
#include "model/dtype.hpp"

namespace aerotool {

// NOLINTBEGIN(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw

/// Hardly a tensor has more than four dimensions: a model of many tensors needs no memory apart for each.
class Shape : public boost::container::small_vector<std::uint64_t, 4> {
 public:
  using small_vector::small_vector;
  operator std::span<const std::uint64_t>() const { return {data(), size()}; }
};

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

/// A tensor that a file has, and that cannot be read as one.
struct UnreadTensor {
  std::string name;
  std::string why;  ///< "is a storage by itself, and no tensor"
};

// NOLINTEND(bugprone-exception-escape)

static_assert(std::is_nothrow_move_constructible_v<Tensor>, "vectors would copy tensors when they grow");

/// "[4096, 11008]"
std::string to_string(const Shape& shape);

/// "F32 [3] has a size of 12 bytes, not 16", or why its shape has no size; empty where the tensor has the
/// size that its shape has with this dtype.
std::string size_problem(const Tensor& tensor, const DType& dtype);

}  // namespace aerotool
