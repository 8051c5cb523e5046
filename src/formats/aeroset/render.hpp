// model.aeroset.json, written.
#pragma once

#include <string>

#include "formats/aeroset/layout.hpp"

namespace aerotool::aeroset {

/// Indented by two spaces, version [0, 1] unless there is a base_url.
std::string render_set_index(const SetIndex& index);

}  // namespace aerotool::aeroset
