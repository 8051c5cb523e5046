// A zTensor file of any version as a source has recorded it (src/formats/ztensor/FORMAT.md, "What AERO
// records").
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "model/source.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool::ztensor {

struct RestoredFile {
  std::string head;
  TensorLayout layout;  ///< one shard, right behind the head
  Bytes tail;
};

/// The source has a head, a tail, and the plan's objects. Throws CorruptError where what it has recorded does
/// not describe the plan's tensors.
RestoredFile restored_file(const Plan& plan, const Source& source);

std::uint64_t size_of(const RestoredFile& restored);

}  // namespace aerotool::ztensor
