// MJSN: the free-form JSON of an AERO file (src/formats/aero/FORMAT.md, "MJSN"), read.
#pragma once

#include <string>
#include <string_view>

#include "encoding/value.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// The document as a Value; null where it is not sound and the report does not throw. Integers become u64 or
/// i64, other numbers f64. `memory` is what values may take yet, and is lowered by what this one takes.
Value read_model_json(const io::Input& input, const Chunk& chunk, std::uint64_t& memory, Report& report);

/// The text of a string member; empty where there is none.
std::string text_member(const Value& json, std::string_view key);

}  // namespace aerotool::aero
