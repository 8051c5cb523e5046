#pragma once

#include <string>

namespace aerotool::cli {

/// What --version prints: the program's version and those of the libraries that its output depends on.
std::string version_text();

}  // namespace aerotool::cli
