// The options of how a zTensor file is written.
#pragma once

#include <cstdint>
#include <optional>

#include "hash/checksum.hpp"
#include "transfer/plan.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::ztensor {

/// What blobs are aligned to; throws UsageError where version 2 does not allow what was asked for.
std::uint64_t alignment_of(const WriteOptions& options);

}  // namespace aerotool::ztensor
