// Numbers from ggml's blocks. Which value each type gives is in src/codecs/ggml/FORMAT.md.
#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace aerotool::ggml {

/// What turns whole blocks of a type into numbers.
struct BlockDecoder {
  std::uint32_t block_elements = 0;
  std::uint32_t block_bytes = 0;
  /// `blocks` holds whole blocks, `out` as many elements. Exact but for the one rounding to F32 that ggml
  /// makes too; the same bits on every machine.
  void (*decode)(ByteSpan blocks, std::span<float> out) = nullptr;
};

/// By ggml's type id; null where the type cannot be decoded (forks' types, removed ones, Q8_1).
const BlockDecoder* block_decoder(std::uint32_t id);

}  // namespace aerotool::ggml
