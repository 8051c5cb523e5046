// "source" in MMSG: what a model held beyond its tensors when it became an AERO file (design.md, "What AERO
// carries beyond tensors").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/aero/value_builder.hpp"
#include "model/metadata.hpp"
#include "model/value.hpp"

namespace aerotool::aero {

/// `order` comes out as it stands: TIDX indexes. Nothing where the map is not made as a source's; `problem`
/// then says why.
std::optional<Source> source_from_value(const Value& value, std::string& problem);

/// The packed map. `order` holds TIDX indexes; empty where the source has none.
std::string pack_source(const Source& source, const std::vector<std::uint64_t>& order);

}  // namespace aerotool::aero
