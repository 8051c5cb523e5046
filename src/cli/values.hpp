// Values of metadata, in text and in JSON.
#pragma once

#include <string>

#include "cli/json_out.hpp"
#include "encoding/value.hpp"

namespace aerotool::cli {

/// "u32", "string", "f32[8]".
std::string type_text(const Value& value);

/// A value on one line, with control characters escaped; long arrays and texts may be shortened.
std::string value_text(const Value& value, bool shorten);

/// The members "type", "element_type" (of an array) and "value"; and "value_hex" where text is not UTF-8: all
/// bytes in hexadecimal, of an array's elements under their indexes.
void add_value_members(const Value& value, JsonOut& json);

}  // namespace aerotool::cli
