// The bytes of a GGUF file's data section that belong to no tensor.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "io/input.hpp"
#include "model/tensor.hpp"

namespace aerotool::gguf {

/// The bytes of the data section that a writer has to be told about to make the same file again, as
/// Source::gaps holds them. Only tensors that have bytes count, in file order. Before the first one the
/// writer puts nothing, after each one (the last too) zeros up to the next multiple of the alignment; where
/// the file differs, an entry {end of that tensor, or 0 before the first; bytes} stands for all that lies
/// between there and the next tensor or the end of the file. An entry without bytes means that nothing does:
/// after the last tensor it says that the file ends without padding. Entries are in order and no two have
/// the same offset. Throws UnsupportedError where they would hold more than kMaxGapBytes.
std::vector<std::pair<std::uint64_t, Bytes>> find_gaps(std::span<const Tensor> tensors,
                                                       std::uint64_t data_begin, std::uint64_t alignment,
                                                       const io::Input& input);

constexpr std::uint64_t kMaxGapBytes = std::uint64_t{64} << 20;

/// How long the data section is; 0 where the file ends before it.
inline std::uint64_t data_size(std::uint64_t data_begin, const io::Input& input) {
  return input.size() > data_begin ? input.size() - data_begin : 0;
}

}  // namespace aerotool::gguf
