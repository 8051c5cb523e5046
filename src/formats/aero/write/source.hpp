// "source" in MMSG: what a model held beyond its tensors when it became an AERO file
// (src/formats/aero/FORMAT.md, "What AERO carries beyond tensors"), written.
#pragma once

#include <string>

#include "model/source.hpp"

namespace aerotool::aero {

/// The packed map. Orders are written as they stand: TIDX indexes.
std::string pack_source(const Source& source);

}  // namespace aerotool::aero
