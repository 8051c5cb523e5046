// What the values of a model were found to be: NaN, infinities, zeros.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool {

/// What was found, counted in units: elements, or blocks of a quantized type. A complex number or a block
/// counts once, as NaN where any of its parts is NaN.
struct ValueCounts {
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t nan = 0;
  std::uint64_t first_nan = kNone;
  std::uint64_t infinite = 0;
  std::uint64_t first_infinite = kNone;
  bool all_zero = true;  ///< of either sign; of blocks: every scale is zero, or every code where 0 means zero

  void add_nan(std::uint64_t index) {
    ++nan;
    first_nan = std::min(first_nan, index);
  }
  void add_infinite(std::uint64_t index) {
    ++infinite;
    first_infinite = std::min(first_infinite, index);
  }
  void add(const ValueCounts& other) {
    nan += other.nan;
    infinite += other.infinite;
    first_nan = std::min(first_nan, other.first_nan);
    first_infinite = std::min(first_infinite, other.first_infinite);
    all_zero = all_zero && other.all_zero;
  }
};

struct ValueFindings {
  struct OfTensor {
    std::string name;
    std::string path;       ///< the file it lies in
    std::string_view unit;  ///< what is counted: "element" or "block"
    ValueCounts counts;
  };
  std::uint64_t tensors = 0;    ///< whose values were looked at
  std::vector<OfTensor> found;  ///< those with anything to tell, in the model's order

  void add(ValueFindings other);
};

}  // namespace aerotool
