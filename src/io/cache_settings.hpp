// What the user says about the cache of remote objects.
#pragma once

#include <cstdint>
#include <string>

namespace aerotool::io {

/// What of remote objects is kept for the next run.
enum class CacheMode {
  heads,  ///< what tells of a model, and no weights
  all,
  off,
};

struct CacheSettings {
  CacheMode mode = CacheMode::heads;
  /// Where the cache lies; empty where no place is known.
  std::string directory = {};
  /// What eviction leaves, in bytes that the disk has allocated.
  std::uint64_t most_bytes = std::uint64_t{4} << 30;
};

/// "heads", "all" or "off". Throws UsageError that calls the setting `name`.
CacheMode cache_mode_of(const std::string& text, const std::string& name);

/// By AEROTOOL_CACHE (heads, all or off) and AEROTOOL_CACHE_DIR; the directory is else `aerotool` in
/// XDG_CACHE_HOME or in ~/.cache. A variable that is empty counts as not set. Throws UsageError that names
/// the variable.
CacheSettings cache_settings_from_environment();

}  // namespace aerotool::io
