// Files of our own that have no name, and go when they are closed.
#pragma once

#include <string>

#include "io/fd.hpp"

namespace aerotool::io {

/// Where such files are made: TMPDIR, else /var/tmp.
std::string temporary_directory();

/// A new empty file in a directory, for reading and writing, mode 0600. Where files cannot be without a name
/// it has one for a moment, `stem` tells of which kind; what killed runs have left of that kind is removed.
/// None, with errno, where it cannot be made. Throws Interrupted.
Fd make_unlinked_file(const std::string& directory, const std::string& stem);

}  // namespace aerotool::io
