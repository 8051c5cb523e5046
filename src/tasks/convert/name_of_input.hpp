// What a model is called whose files do not name it.
#pragma once

#include <string>

namespace aerotool::tasks {

/// The name of the folder for a directory or an index, of a repository for its snapshot in the Hugging Face
/// cache, else the file's name without its endings; empty for what has no name, such as standard input.
std::string name_of_input(const std::string& path);

}  // namespace aerotool::tasks
