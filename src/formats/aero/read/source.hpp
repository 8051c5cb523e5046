// "source" in MMSG: what a model held beyond its tensors when it became an AERO file
// (src/formats/aero/FORMAT.md, "What AERO carries beyond tensors"), read.
#pragma once

#include <optional>
#include <string>

#include "encoding/value.hpp"
#include "model/source.hpp"

namespace aerotool::aero {

/// Orders come out as they stand: TIDX indexes. Nothing where the map is not made as a source's; `problem`
/// then says why.
std::optional<Source> source_from_value(const Value& value, std::string& problem);

}  // namespace aerotool::aero
