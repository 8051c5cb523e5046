// Files that should lie beside an index, and do not.
#pragma once

#include <string>

namespace aerotool::io {

/// Whether nothing has the name `relative` in the directory of `index`. Looks through no link, and at no path
/// that path_problem() refuses: those are for open_beside() to judge, and are not absent. Throws IoError.
bool absent_beside(const std::string& index, const std::string& relative);

}  // namespace aerotool::io
