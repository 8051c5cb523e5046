// Codes that stand in rows as their numbers do, with scales for blocks of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "transfer/value_source.hpp"

namespace aerotool::quantized {

/// How a code is stored, and what it is as a number.
enum class CodeKind : std::uint8_t {
  f8_e4m3,
  i8,
  u8_minus_128,
  e2m1,        ///< the low half of a byte first
  u4_minus_8,  ///< the low half of a byte first
};

/// What is done to the products of codes and scales.
enum class LastStep : std::uint8_t { nothing, times, over };

/// Every number is (code - zero) * scale, of the block that it is in, and then times or over one more. A row
/// of codes begins at a byte of its own.
struct ScaledCodes {
  StoredTensor codes;
  CodeKind kind = CodeKind::f8_e4m3;
  std::uint64_t rows = 0;      ///< of a matrix
  std::uint64_t matrices = 1;  ///< one behind the other
  std::uint64_t columns = 0;
  std::uint64_t row_bytes = 0;   ///< of codes
  std::uint64_t block_rows = 1;  ///< the last block of a matrix may be short, in both directions
  std::uint64_t block_columns = 1;
  std::shared_ptr<const ValueSource> scales;  ///< one a block, in rows
  std::shared_ptr<const ValueSource> zeros;   ///< as many, or null
  std::shared_ptr<const ValueSource> last;    ///< of one number, for the last step
  LastStep step = LastStep::nothing;
  double divisor = 1;                       ///< the number of the last step where `last` is null
  std::optional<StoredTensor> group_index;  ///< I32: the block of each column, instead of its place
  std::vector<StoredTensor> inputs;         ///< all tensors that are read
};

/// Whether F32 holds all products is found by a look at the scales, when it is asked for.
std::shared_ptr<const ValueSource> scaled_codes(ScaledCodes description);

}  // namespace aerotool::quantized
