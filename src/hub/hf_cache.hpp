// The cache of Hugging Face's libraries on this machine: repositories with blobs, whose names are their
// hashes, and snapshots, which are directories of links to the blobs.
//
//   CACHE/models--OWNER--NAME/refs/main                                  the commit of the snapshot in use
//   CACHE/models--OWNER--NAME/snapshots/REV/FILE -> ../../blobs/ETAG     ETAG: SHA-256, or SHA-1 of a small
//   file CACHE/models--OWNER--NAME/blobs/ETAG -> ../../blobs/hh/XET           huggingface_hub 2: blobs may be
//   shared CACHE/blobs/.huggingface-shared-blobs                                marks the shared blobs
//
// A snapshot is downloaded, so its links are hostile: only those that are of exactly this form are followed.
#pragma once

#include <optional>
#include <string>

#include "io/link_policy.hpp"

namespace aerotool::hub {

/// Opens a file of a snapshot by the rule that admits a link out of its directory. `directory` is
/// R/snapshots/REV or below it, where the last name of R begins with models--, datasets--, spaces-- or
/// kernels-- and REV is a commit in hexadecimal digits (7 to 64: the libraries write all 40, people shorten
/// them). Every directory between `directory` and the link is no link; the text of the link, joined to its
/// directory as text, is R/blobs/NAME, where NAME neither begins with '.' nor ends in .incomplete; R/blobs is
/// no link; and R/blobs/NAME is a regular file, or a link whose text is C/blobs/hh/H, where C is the
/// directory of R, H has 64 hexadecimal digits that begin with hh, C/blobs and C/blobs/hh are no links,
/// C/blobs holds the marker, and C/blobs/hh/H is a regular file. No link is looked up: the path so computed
/// is opened, from directory to directory. Throws IoError where that file is admitted but cannot be opened.
io::StoredFile open_in_snapshot(const std::string& directory, const std::string& relative);

/// Whether a name is that of a repository's directory in the cache.
bool is_repository_name(std::string_view name);

/// The snapshot that refs/main names, where `path` is the directory of a repository; none where it is not.
/// Throws UsageError that lists the snapshots where refs/main does not name one of them.
std::optional<std::string> snapshot_in_use(const std::string& path);

/// What a directory of the cache that is itself no model holds, for a message: a list of snapshots or
/// repositories to choose from. Empty where it is no such directory.
std::string choices_in_cache(const std::string& path);

}  // namespace aerotool::hub
