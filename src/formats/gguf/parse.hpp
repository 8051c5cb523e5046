// The head of a GGUF file: all that stands before the tensors' data.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/gguf/other_types.hpp"
#include "formats/gguf/parse_cursor.hpp"
#include "formats/gguf/parse_metadata.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::gguf {

struct ParsedHead {
  std::uint32_t version = 0;
  std::uint64_t alignment = 0;
  KeyValues pairs;
  std::uint64_t tensor_count = 0;  ///< of the infos; more than `tensors` where some were left out
  std::vector<Tensor> tensors;     ///< in the order of the infos; offsets count from the data section's start
  OtherTypes others;               ///< owns dtypes of tensors
  std::uint64_t pairs_begin = 0;
  std::uint64_t infos_begin = 0;
  std::uint64_t infos_end = 0;
  std::uint64_t data_begin = 0;  ///< may lie past the end of the file where there is no tensor
};

/// Reads and judges the head without a look at the size of the data. When judging, tensors that cannot be
/// used (no size, a name that is duplicated) are noted and left out. Throws where nothing after
/// a defect can be told, in both modes.
ParsedHead parse_head(Cursor& cursor, Report& report);

}  // namespace aerotool::gguf
