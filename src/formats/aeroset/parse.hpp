// model.aeroset.json, read.
#pragma once

#include <string>
#include <string_view>

#include "formats/aeroset/layout.hpp"
#include "model/report.hpp"

namespace aerotool::aeroset {

/// Reads the text of the index called `path`. Throws CorruptError where nothing is left to go on with,
/// UnsupportedError for another version.
SetIndex read_set_index(std::string_view text, const std::string& path, Report& report);

}  // namespace aerotool::aeroset
