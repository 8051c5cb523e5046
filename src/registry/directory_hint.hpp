// What is said of a directory that holds no model: what lies there instead, and what to do.
#pragma once

#include <string>

namespace aerotool {

/// A message that goes behind the directory's name. Looks at names, into at most a few sub-directories, and
/// at the first bytes of one file. Throws IoError where the directory cannot be read.
std::string no_model_in(const std::string& directory);

}  // namespace aerotool
