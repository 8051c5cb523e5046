// Checkpoints of training in several processes that are not read, by how their directories are laid out: what
// of them could be read by itself is no model.
#pragma once

#include <string>

namespace aerotool {

/// What a directory here is, behind its name; empty where it is none of these. Throws IoError.
std::string unread_layout_in(const std::string& directory);

/// The same of a file that is one of several parts.
std::string unread_layout_of(const std::string& file);

}  // namespace aerotool
