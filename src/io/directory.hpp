// The directories that outputs take their places in.
#pragma once

#include <memory>
#include <string>

#include "io/fd.hpp"

namespace aerotool::io {

/// Throws IoError.
std::shared_ptr<const Fd> open_directory(const std::string& path);

/// What has been renamed in a directory reaches the disk. Throws IoError, which calls it `name`.
void sync_directory(const Fd& directory, const std::string& name);

}  // namespace aerotool::io
