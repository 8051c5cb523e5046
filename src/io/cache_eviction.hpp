// Keeps the cache of remote objects within its bound.
#pragma once

#include <cstdint>

#include "io/cache_settings.hpp"

namespace aerotool::io {

/// Removes entries, the one that was used longest ago first, until what the disk has allocated for all of
/// them is within settings.most_bytes; to be called when a run that wrote ends. An entry that any process has
/// open stays. Whatever is not a directory of the cache's form of name with nothing but regular files key,
/// data and blocks is neither counted nor touched. Returns how many bytes became free; what cannot be read or
/// removed is left. Throws Interrupted.
std::uint64_t evict(const CacheSettings& settings);

}  // namespace aerotool::io
