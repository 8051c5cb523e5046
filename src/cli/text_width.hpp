// How wide text is on a terminal, and how it is made to fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aerotool::cli {

/// Columns that UTF-8 text takes: two for wide characters, as of East Asia, none for marks that stand above
/// or below the one before them.
std::size_t columns_of(std::string_view text);

/// Text of at most `width` columns, at least as many as `ellipsis` has: what is longer loses its middle.
std::string shortened_to(std::string_view text, std::size_t width, std::string_view ellipsis);

}  // namespace aerotool::cli
