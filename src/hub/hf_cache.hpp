// The cache of Hugging Face's libraries on this machine: repositories with blobs, whose names are their
// hashes, and snapshots, which are directories of links to the blobs (src/hub/LOCAL_STORES.md, "The Hugging
// Face cache").
//
// A snapshot is downloaded, so its links are hostile: only those of exactly the form that the rule gives are
// followed.
#pragma once

#include <optional>
#include <string>

#include "hub/hub_name.hpp"
#include "io/link_policy.hpp"

namespace aerotool::hub {

/// Opens a file of a snapshot by the rule that admits a link out of its directory (src/hub/LOCAL_STORES.md,
/// "The rule that admits a link"). `directory` is a real path. No link is looked up: the path that the rule
/// computes from the link's text is opened, from directory to directory. Throws IoError where that file is
/// admitted but cannot be opened.
io::StoredFile open_in_snapshot(const std::string& directory, const std::string& relative);

/// Whether a name is that of a repository's directory in the cache.
bool is_repository_name(std::string_view name);

/// The snapshot that refs/main names, where `path` is the directory of a repository; none where it is not.
/// Throws UsageError that lists the snapshots where refs/main does not name one of them.
std::optional<std::string> snapshot_in_use(const std::string& path);

/// The directory of a repository in the cache, whether it is there or not: models--OWNER--NAME. Empty where
/// no place of the cache is known.
std::string cached_repository(const HubName& name);

/// The commit that a revision is at, as the cache has it, or that it is; empty where neither tells.
std::string cached_commit(const HubName& name);

/// The directory of a commit's snapshot, in which not all files of the commit need to be; empty where there
/// is none.
std::string cached_snapshot(const HubName& name, const std::string& commit);

/// What a directory of the cache that is itself no model holds, for a message: a list of snapshots or
/// repositories to choose from. Empty where it is no such directory.
std::string choices_in_cache(const std::string& path);

}  // namespace aerotool::hub
