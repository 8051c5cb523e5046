// The products of tensors with each other, seen as vectors: their norms, and the angles between them.
#pragma once

#include <vector>

#include "core/once.hpp"
#include "transfer/transforms/merge/first_pass.hpp"
#include "transfer/transforms/merge/merged_values.hpp"

namespace aerotool::merging {

class Products {
 public:
  /// Of the vectors, or of their differences from a base where there is one.
  Products(std::vector<Values> vectors, Values base);

  /// The sum of the products of all elements of two vectors. The first call goes through all of them.
  /// Thread-safe.
  double of(std::size_t a, std::size_t b) const;

 private:
  void add_block(std::uint64_t block) const;
  std::size_t place(std::size_t a, std::size_t b) const;

  std::vector<Values> sources_;  // the vectors, and the base where there is one
  std::size_t vectors_;
  bool has_base_;
  std::size_t pairs_;
  mutable FirstPass pass_;
  mutable Once begun_;
  mutable Once summed_;
  mutable std::vector<double> of_blocks_;  // `pairs_` a block
  mutable std::vector<double> sums_;
};

/// The cosine of the angle between two of the vectors, in [-1, 1]; those of a length of 1e-8 or less count as
/// they are, as if their length were 1.
double cosine(const Products& products, std::size_t a, std::size_t b);

}  // namespace aerotool::merging
