// A zTensor file of any version as a source has recorded it (src/formats/ztensor/FORMAT.md, "What AERO
// records").
#pragma once

#include <cstdint>

#include "formats/ztensor/write/file_parts.hpp"
#include "model/source.hpp"
#include "transfer/plan.hpp"

namespace aerotool::ztensor {

/// The source has a head, a tail, and the plan's objects. Throws CorruptError where what it has recorded does
/// not describe the plan's tensors.
FileParts restored_file(const Plan& plan, const Source& source);

std::uint64_t size_of(const FileParts& restored, const Source& source);

}  // namespace aerotool::ztensor
