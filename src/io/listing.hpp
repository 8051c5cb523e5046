// What is in a directory, and what a path leads to; also where it lies on a server (io/remote_tree.hpp).
#pragma once

#include <string>
#include <vector>

namespace aerotool::io {

enum class FileType { none, regular, directory, other };

/// What a path leads to by way of links. Throws IoError where that cannot be told.
FileType type_of(const std::string& path);

/// Whether a symbolic link stands at a path itself. Throws IoError where that cannot be told.
bool is_link(const std::string& path);

/// Whether the user has no right to read what is at a path, or nothing is there.
bool is_closed(const std::string& path);

/// The path of a name in a directory.
std::string path_in(const std::string& directory, const std::string& name);

/// The names of all that is in a directory, in no order. Throws IoError.
std::vector<std::string> names_in(const std::string& directory);

/// A path from the root, without links; empty, with errno, where it leads nowhere.
std::string real_path(const std::string& path);

}  // namespace aerotool::io
