// GGUF's tensor infos: names, shapes, types and places.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/gguf/other_types.hpp"
#include "formats/gguf/parse_cursor.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::gguf {

/// The fewest bytes of an info: name length, number of dimensions, type, offset.
constexpr std::uint64_t kLeastInfoBytes = 8 + 4 + 4 + 8;

/// Reads `count` infos and holds each to the rules that need no other part of the file. Offsets stay as the
/// file has them, from the data section's start. When judging, what cannot be used is noted and left out.
/// Tensors whose type is noted in `others` have the size that its blocks say, or none as yet.
std::vector<Tensor> read_tensor_infos(Cursor& cursor, std::uint64_t count, std::uint64_t alignment,
                                      OtherTypes& others, Report& report);

}  // namespace aerotool::gguf
