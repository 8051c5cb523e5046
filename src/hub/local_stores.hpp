// Models in the stores that other programs keep on this machine, and the links in them.
#pragma once

#include <functional>
#include <string>

#include "io/link_policy.hpp"

namespace aerotool::hub {

/// Links into the blobs of a Hugging Face cache are followed by its rule (hf_cache.hpp), and with `follow`
/// all that lead to a regular file.
io::LinkPolicy link_policy(bool follow);

/// The file or directory that an operand stands for: the snapshot in use of a repository's directory in a
/// Hugging Face cache, which `note` is told of; the blob of ollama:NAME[:TAG] or of a file that is a manifest
/// of ollama; of all else, itself. Throws what snapshot_in_use() and ollama_blob() throw.
std::string place_in_store(const std::string& operand, const std::function<void(const std::string&)>& note);

}  // namespace aerotool::hub
