// The options of how a zTensor file is written.
#pragma once

#include <cstdint>
#include <optional>

#include "hash/checksum.hpp"
#include "transfer/plan.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::ztensor {

/// The hash that version 1.2 stores of each part: none where nobody asks. Throws UsageError for one that it
/// does not have.
std::optional<hash::Algorithm> digest_of_1(const WriteOptions& options);

/// The level of zstd; 0: parts are stored raw.
int level_of(const WriteOptions& options);

/// How version 2 is written.
struct Settings {
  std::uint64_t alignment = 0;
  std::optional<hash::Algorithm> digest;  ///< of each part; nothing: none
  int level = 0;                          ///< as level_of()

  /// That of whole files, and of parts where nobody asks.
  hash::Algorithm algorithm() const { return digest.value_or(hash::Algorithm::xxh3); }
};
/// Throws UsageError where version 2 does not have what was asked for.
Settings settings_of(const WriteOptions& options);

}  // namespace aerotool::ztensor
