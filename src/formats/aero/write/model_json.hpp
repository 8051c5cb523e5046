// MJSN: the free-form JSON of an AERO file (src/formats/aero/FORMAT.md, "MJSN"), written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"
#include "model/dtype.hpp"

namespace aerotool::aero {

/// The exact bytes that AERO's writers make: no white space, keys sorted at every level, everything outside
/// 0x20..0x7e escaped as \uxxxx in lower case but for the short forms.
std::string render_json(const Value& value);

inline constexpr std::string_view kUnknownArchitecture = "unknown";

/// The members of MJSN: those given, and `others` of a source that had more.
Value model_json(const std::string& name, const std::string& architecture, const std::string& source_format,
                 const std::vector<const PackedType*>& packed_types, const MapItems& others);

}  // namespace aerotool::aero
