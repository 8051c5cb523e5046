// Strings as JSON that is ASCII alone.
#pragma once

#include <string>
#include <string_view>

namespace aerotool {

/// Appends `text` in quotes, everything outside 0x20..0x7e escaped as \uxxxx in lower case but for the short
/// forms, as Python's json writes it. What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace aerotool
