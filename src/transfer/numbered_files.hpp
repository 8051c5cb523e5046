// The files of a model that lies in several: as a source has recorded them, and as they are numbered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/source.hpp"

namespace aerotool {

/// Holds the paths that a source has recorded to what may be written in a directory: each ends in
/// `extension`, leads to no place outside and to no hidden file, and stands once. Throws CorruptError that
/// names `model`.
void require_sound_paths(const Source& source, std::string_view extension, const std::string& model);

/// "model-00001-of-00005.safetensors", counted from 0; "model.safetensors" where there is one.
std::string numbered_file(std::size_t number, std::size_t count, std::string_view extension);

/// What the names of all parts of one set have in common, where a name is numbered as "m-00001-of-00003.gguf"
/// is: "m-*-of-00003.gguf"; else the name.
std::string row_of_parts(const std::string& name);

/// "m" of "m-00001-of-00003", the name of a part without its extension; else the name.
std::string name_of_set(const std::string& name);

/// Files and links in a directory that are called as numbered_file() calls them, or `index`, and that are not
/// among `written`: an earlier export has left them.
std::vector<std::string> earlier_files(const std::string& directory, std::string_view extension,
                                       std::string_view index, const std::vector<std::string>& written);

}  // namespace aerotool
