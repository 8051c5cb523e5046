// The numbers of AWQ and GPTQ, whose packed words stand transposed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "transfer/transforms/quantized/part_cache.hpp"
#include "transfer/value_source.hpp"

namespace aerotool::quantized {

/// A weight [outputs, inputs]: (code - zero) * scale of the group that the input is in.
struct PackedColumns {
  enum class Packing : std::uint8_t {
    down,    ///< GPTQ: words [inputs * bits / 32, outputs], zeros [groups, outputs * bits / 32], in order
    across,  ///< AWQ: words [inputs, outputs / 8], zeros [groups, outputs / 8], 4 bits, in an order of its
             ///< own
  };

  StoredTensor words;
  StoredTensor zeros;
  StoredTensor scales;                           ///< floats [groups, outputs]
  std::optional<StoredTensor> groups_of_inputs;  ///< I32 [inputs]
  Packing packing = Packing::down;
  std::uint32_t bits = 4;         ///< 2, 3, 4 or 8
  std::uint32_t zero_offset = 0;  ///< what is added to stored zeros
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
  std::uint64_t groups = 0;
  std::uint64_t group_size = 1;  ///< of inputs in order
};

std::shared_ptr<const ValueSource> packed_columns_values(const PackedColumns& description,
                                                         const std::shared_ptr<PartCache>& cache);

}  // namespace aerotool::quantized
