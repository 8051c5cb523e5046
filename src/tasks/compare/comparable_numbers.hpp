// Which pairs of tensors hold numbers that can be compared, element by element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "model/model.hpp"
#include "tasks/compare/number_blocks.hpp"

namespace aerotool::tasks {

/// How the numbers of both tensors of a pair lie in their bytes.
struct BothBlocks {
  NumberBlocks a;
  NumberBlocks b;

  /// Bytes of as many elements as the longer of both blocks has.
  std::size_t unit_a() const { return a.bytes_of(elements()); }
  std::size_t unit_b() const { return b.bytes_of(elements()); }

 private:
  // Powers of two: whole blocks of both.
  std::uint32_t elements() const { return std::max(a.elements(), b.elements()); }
};

class ComparableNumbers {
 public:
  /// `dequantize`: numbers are values, those of ggml's blocks, too. Codes whose scales lie beside them are
  /// then no numbers.
  ComparableNumbers(const Model& a, const Model& b, bool dequantize);

  /// Nothing where the numbers of two tensors, by their indexes, cannot be compared.
  std::optional<BothBlocks> of(std::size_t a, std::size_t b) const;

 private:
  const Model& a_;
  const Model& b_;
  bool dequantize_;
  std::vector<bool> codes_a_;  // of each tensor; empty where none holds codes
  std::vector<bool> codes_b_;
};

}  // namespace aerotool::tasks
