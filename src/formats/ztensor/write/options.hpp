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

/// The hash that version 2 stores of each part; nothing: none. Throws UsageError for one that it does not
/// have.
std::optional<hash::Algorithm> digest_of_2(const WriteOptions& options);

/// The same of version 1.2, which has none where nobody asks.
std::optional<hash::Algorithm> digest_of_1(const WriteOptions& options);

/// The level of zstd; 0: parts are stored raw.
int level_of(const WriteOptions& options);

}  // namespace aerotool::ztensor
