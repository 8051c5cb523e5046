// A matrix and low-rank changes of it: adapters (LoRA) that are merged into their base.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transfer/value_source.hpp"

namespace aerotool {

/// A factor times the product of two small matrices, [rows, rank] and [rank, columns].
struct LowRank {
  /// A matrix is row-major as it is stored; where it is turned, its rows and columns are exchanged.
  struct Matrix {
    std::shared_ptr<const ValueSource> values;
    bool turned = false;
  };

  Matrix left;
  Matrix right;
  std::uint64_t rank = 0;
  double factor = 1;
  /// Of several matrices one below the other, each of which is such a product: how many there are. The left
  /// matrices and the right ones lie likewise, and are not turned.
  std::uint64_t matrices = 1;
};

/// base + sum of factor * (left right), where the base has so many columns. A product is summed in F32 from
/// the first to the last of its rank, and rounded at every step; the rest is F64. So the numbers depend on no
/// processor and no thread. Of each product one right matrix is held in F32 while its rows are read. Throws
/// CorruptError where the sizes do not fit.
std::shared_ptr<const ValueSource> with_low_rank(std::shared_ptr<const ValueSource> base,
                                                 std::uint64_t columns, std::vector<LowRank> changes);

}  // namespace aerotool
