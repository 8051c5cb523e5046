// Files that are a head and one data section behind it, written to a directory.
#pragma once

#include "io/directory_output.hpp"
#include "model/headed_files.hpp"

namespace aerotool {

/// Writes all files, for the caller to publish, and checks the sources over the same read.
void write_files(const Plan& plan, const HeadedFiles& files, io::DirectoryOutput& directory,
                 io::Progress* progress);

}  // namespace aerotool
