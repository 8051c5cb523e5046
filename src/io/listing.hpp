// What is in a directory, and what a path leads to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aerotool::io {

/// What a path leads to by way of links: not_found where it leads nowhere. Throws IoError where that cannot
/// be told.
std::filesystem::file_type type_of(const std::string& path);

/// The names of all that is in a directory, in no order. Throws IoError.
std::vector<std::string> names_in(const std::string& directory);

}  // namespace aerotool::io
