// Text that has to fit a column of a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace aerotool::cli {

/// The text, which is UTF-8, or as much of both of its ends as fits with "..." between: names tell most by
/// these. At least one character stays on each side.
std::string shortened_in_the_middle(const std::string& text, std::size_t width);

}  // namespace aerotool::cli
