// What the configuration of compressed-tensors says of the weights of a module.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "transfer/transforms/quantized/module.hpp"

namespace aerotool::quantized {

/// Of one of its groups (src/formats/safetensors/QUANTIZATION.md, "compressed-tensors").
struct CompressedScheme {
  std::string format;    ///< "pack-quantized", ...
  std::string type;      ///< "int" or "float"
  std::string strategy;  ///< "tensor", "channel", "group", "tensor_group", "block"
  std::uint64_t bits = 0;
  std::uint64_t group_size = 0;  ///< 0: not said
  bool symmetric = true;
  std::vector<std::uint64_t> block;  ///< rows and columns

  friend bool operator==(const CompressedScheme&, const CompressedScheme&) = default;
};

/// The one that fits the module. Which group a module is in, its name and class tell the library; here its
/// tensors do: `problem` says why they are not of a scheme, and nothing where they may be. Throws
/// UnsupportedError where none fits, or several that differ.
CompressedScheme scheme_that_fits(const Module& module,
                                  const std::function<std::string(const CompressedScheme&)>& problem);

/// The scale of each block of a matrix of weights: how large a block is by a scheme.
struct BlockSize {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};

/// Nothing where the strategy is not known, or a size is missing.
std::optional<BlockSize> block_size(const CompressedScheme& scheme, std::uint64_t rows,
                                    std::uint64_t columns);

/// Whether scales of that shape are one for each block of [rows, columns], or one for all.
bool is_scale_of(const Shape& scale, const BlockSize& block, std::uint64_t rows, std::uint64_t columns);

}  // namespace aerotool::quantized
