// What a file is made of that holds parts of tensors and something between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace aerotool {

/// The bytes [begin, end) of a tensor.
struct TensorPiece {
  std::size_t tensor = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  ///< where they go in the file

  std::uint64_t size() const { return end - begin; }
};

/// What stands before, between or behind them.
struct PlacedText {
  std::uint64_t offset = 0;
  std::string bytes;
};

}  // namespace aerotool
