// The quantized weights of a model, each of which several of its tensors hold between them: packed codes, and
// scales, zero points and shapes beside them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "model/quantization_config.hpp"
#include "transfer/transforms/quantized/part_cache.hpp"
#include "transfer/value_source.hpp"

namespace aerotool {

/// A weight that several tensors of a model hold between them.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct QuantizedWeight {
  std::string name;                           ///< of the tensor it becomes: M.weight (of M_blocks: M)
  Shape shape;                                ///< logical, after transposing where the layout asks for it
  std::string layout;                         ///< what messages call it: "FP8 block", "NVFP4", "AWQ", ...
  std::vector<std::size_t> consumed;          ///< indexes into model.tensors(): codes first, then the rest
  std::shared_ptr<const ValueSource> values;  ///< the numbers in row-major order; as long as the model lives
};

/// All of them, in the order of their codes. `config` is what the files beside the model say. What the
/// layouts are: src/formats/safetensors/QUANTIZATION.md. No weight is read. Throws UnsupportedError, or
/// CorruptError where shapes contradict each other, that names the file and the tensor, where something looks
/// quantized and it is not certain what its numbers are: the configuration does not confirm what the tensors
/// look like, or contradicts it, or is of a method that is not known here. `cache`: those of other models
/// that are decoded at the same time have it too; null: no other ones are.
std::vector<QuantizedWeight> quantized_weights(const Model& model, const QuantizationConfig& config,
                                               std::shared_ptr<quantized::PartCache> cache = nullptr);

}  // namespace aerotool
