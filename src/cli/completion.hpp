// What a shell offers next on a command line. The shells ask the binary (aerotool __complete), so that what
// they offer cannot differ from what it takes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace aerotool::cli {

/// `words` are those after "aerotool"; the last is being typed and may be empty. One line a candidate, a tab
/// and its meaning behind it where there is one. The line ":files" asks the shell for file names, with the
/// extensions to prefer behind it, tab-separated; none means any file. Never throws.
std::vector<std::string> complete(std::span<const Command* const> commands,
                                  const std::vector<std::string>& words);

}  // namespace aerotool::cli
