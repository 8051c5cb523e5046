// Which pairs of tensors hold numbers that can be compared, element by element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "tasks/compare/compared_model.hpp"
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
  /// `dequantize`: numbers are values, those of ggml's blocks, too. The models outlive this.
  ComparableNumbers(const ComparedModel& a, const ComparedModel& b, bool dequantize)
      : a_(a), b_(b), dequantize_(dequantize) {}

  /// Whether the numbers of two tensors can be compared. Nothing is read.
  bool are(std::size_t a, std::size_t b) const;
  /// Nothing where they cannot. What is decoded comes as F32 where that holds all of it, else as F64; its
  /// scales are read to know.
  std::optional<BothBlocks> of(std::size_t a, std::size_t b) const;

 private:
  std::optional<NumberBlocks> blocks(const ComparedModel& model, std::size_t number) const;

  const ComparedModel& a_;
  const ComparedModel& b_;
  bool dequantize_;
};

}  // namespace aerotool::tasks
