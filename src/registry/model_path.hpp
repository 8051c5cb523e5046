// Which file stands for a model that is named by a path (src/BEHAVIOUR.md, "Inputs").
#pragma once

#include <string>

namespace aerotool {

/// The file to open for `path`: itself where it is a file or "-"; of a directory the one model in it: its
/// set, else its index, else its one file, or the first there is of its numbered files. Throws UsageError
/// where a directory holds none or several.
std::string model_path(const std::string& path);

/// The same for one of a repository's models that differ in their types: the one of type `quant`, in whatever
/// case, there or in a directory there.
std::string model_path_of_type(const std::string& path, const std::string& quant);

}  // namespace aerotool
