// MJSN: the free-form JSON of an AERO file (src/formats/aero/FORMAT.md, "MJSN").
#pragma once

#include <string>
#include <vector>

#include "encoding/value.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/dtype.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// The document as a Value; null where it is not sound and the report does not throw. Integers become u64 or
/// i64, other numbers f64. `memory` is what values may take yet, and is lowered by what this one takes.
Value read_model_json(const io::Input& input, const Chunk& chunk, std::uint64_t& memory, Report& report);

/// The text of a string member; empty where there is none.
std::string text_member(const Value& json, std::string_view key);

/// The exact bytes that AERO's writers make: no white space, keys sorted at every level, everything outside
/// 0x20..0x7e escaped as \uxxxx in lower case but for the short forms.
std::string render_json(const Value& value);

inline constexpr std::string_view kUnknownArchitecture = "unknown";

/// The members of MJSN: those given, and `others` of a source that had more.
Value model_json(const std::string& name, const std::string& architecture, const std::string& source_format,
                 const std::vector<const PackedType*>& packed_types, const MapItems& others);

}  // namespace aerotool::aero
