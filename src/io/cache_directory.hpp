// The directories and files of the cache of remote objects, below CacheSettings::directory:
//
//     v1/<entry_name()>/key      the object, for people and for pins; its time is that of the last use
//                       data     the object's bytes, as many as it has, with holes where none were fetched
//                       blocks   which blocks of it count (io/block_records.hpp)
//     v1/<pin_name()>/key        the validator and size that the object has at a commit, or had last
//
// and v1/CACHEDIR.TAG, for backups. They belong to the user and are for nobody else (0700, 0600). A directory
// that others can write to, or that is another user's, is not used. Below v1 no link is followed. Nothing is
// synced to the disk: what a crash leaves is judged when it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/cache_key.hpp"
#include "io/cache_settings.hpp"
#include "io/fd.hpp"

namespace aerotool::io {

/// The files of an entry. While its directory is open it is locked with LOCK_SH, which keeps eviction away.
struct CacheEntry {
  Fd directory;
  Fd data;
  Fd blocks;             ///< O_APPEND; who writes to it or to `data` holds a LOCK_EX of it
  bool writable = true;  ///< else all of it is open for reading only
};

/// The entry of an object; makes what is missing of it, notes that it is used, and what its commit pins.
/// Throws IoError where it cannot be used, and Interrupted.
CacheEntry open_cache_entry(const CacheSettings& settings, const CacheKey& key);

/// The object that a file has at a commit, where an entry for it is there; with no request, since a commit
/// does not change. With an empty `commit`, the one that its URL led to last, outside of commits. Nothing
/// where the cache is off or cannot be read. Throws Interrupted.
std::optional<CacheKey> find_pinned(const CacheSettings& settings, const std::string& origin,
                                    const std::string& path, const std::string& commit);

/// The directory v1 where it is there; none, with errno, where it is not or is not ours alone.
Fd find_cache_root(const CacheSettings& settings);

/// A directory in v1, for reading and for locks. None, with errno, where it is a link or cannot be opened.
Fd open_cache_place(const Fd& root, const std::string& name);

/// Whether the directory that is open still has the name.
bool still_named(const Fd& root, const std::string& name, const Fd& directory);

}  // namespace aerotool::io
