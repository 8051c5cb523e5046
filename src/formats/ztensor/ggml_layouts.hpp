// ggml's blocks as zTensor objects: the layouts gguf.<type>/1 (src/formats/ztensor/FORMAT.md, "Layouts").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/layout.hpp"
#include "model/dtype.hpp"

namespace aerotool::ztensor {

inline constexpr std::string_view kBlockElements = "elems_per_block";
inline constexpr std::string_view kBlockBytes = "block_bytes";

/// The layout of a dtype that is one of GGUF's blocks: "gguf.q4_k/1"; empty for any other.
std::string layout_of_blocks(const DType& dtype);

/// Whether a layout is that of blocks that GGUF knows.
bool is_layout_of_blocks(std::string_view layout);

/// The dtype of an object that is nothing but blocks that GGUF knows, in an object of one part; nothing for
/// any other.
std::optional<DType> blocks_of(const ObjectEntry& object, const PartFacts& data);

}  // namespace aerotool::ztensor
