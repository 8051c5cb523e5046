// TIDX: the tensors of an AERO file (src/formats/aero/FORMAT.md, "TIDX"), as their chunk lists them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "encoding/value.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::aero {

/// Where a TIDX entry says that its tensor lies, and how it names the dtype.
struct Placement {
  std::uint64_t dtype_code = 0;
  std::uint64_t shard_id = 0;
  std::uint64_t data_offset = 0;  ///< from the shard's start
  std::optional<std::uint64_t> quant_id;
  /// The packed type that quant_params alone names, for files without a descriptor.
  const PackedType* named_type = nullptr;
  /// What quant_params say of the elements of an opaque type (model/opaque_dtype.hpp); 0: nothing.
  std::uint32_t element_bytes = 0;
};

struct TensorIndex {
  std::vector<Tensor> tensors;        ///< dtype, offset and shard are not set yet; size is data_len
  bool complete = false;              ///< TIDX was read to its end
  std::uint64_t entry_count = 0;      ///< also of those that were left out
  std::vector<Placement> placements;  ///< beside them
  /// Members of an entry that this version does not know, by index; flags where they are not 0.
  std::map<std::uint64_t, MapItems> extras;
};

/// Entries that miss what they need are left out when judging. `memory` is what values may take yet, and is
/// lowered by what unknown members take.
TensorIndex read_tensor_index(const io::Input& input, const Chunk& chunk, std::uint64_t& memory,
                              Report& report);

}  // namespace aerotool::aero
