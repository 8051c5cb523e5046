// Files that an index names: hostile paths, which may not lead out of the index's directory.
#pragma once

#include <memory>
#include <string>

#include "io/input.hpp"

namespace aerotool::io {

/// The directory that a path lies in, "." where it names none.
std::string directory_of(const std::string& path);

/// Whether a path leads to an open file by its number, or to a device: no files lie beside it, and its name
/// is no file's.
bool is_of_descriptors(const std::string& path);

/// Throws UsageError where an index is standard input or a device: no files lie beside it.
void require_directory(const std::string& index);

/// Why a path that an index names is refused before anything is looked up: it is empty or absolute, has a
/// ".." or a NUL in it; an empty text where it is not.
std::string path_problem(std::string_view relative);

/// Opens the regular file `relative` in the directory of `index`, a file. Throws CorruptError that names the
/// index where path_problem() has one, it is too long for a path, a symbolic link leads out of the directory
/// or in a circle, or no regular file is there; IoError where it cannot be opened.
std::shared_ptr<Input> open_beside(const std::string& index, const std::string& relative);

}  // namespace aerotool::io
