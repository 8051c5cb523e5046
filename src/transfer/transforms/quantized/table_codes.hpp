// Codes of 4 bits that are looked up in a table, with a scale for each run of them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transfer/value_source.hpp"

namespace aerotool::quantized {

/// Scales that are themselves codes of a table: table[code] * scale of its run + offset.
struct NestedScales {
  StoredTensor codes;   ///< U8
  StoredTensor table;   ///< F32 [256]
  StoredTensor scales;  ///< F32, one for `run` codes
  std::uint64_t run = 1;
  double offset = 0;
};
std::shared_ptr<const ValueSource> nested_scales(const NestedScales& description);

/// table[code] * scale of its run; the high half of a byte is the first code.
struct TableCodes {
  StoredTensor codes;  ///< U8
  StoredTensor table;  ///< F32 [16]
  std::shared_ptr<const ValueSource> scales;
  std::uint64_t count = 0;
  std::uint64_t run = 1;
  std::vector<StoredTensor> inputs;
};
std::shared_ptr<const ValueSource> table_codes(TableCodes description);

}  // namespace aerotool::quantized
