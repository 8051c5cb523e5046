// Values as protocols 0 and 1 write them, and integers of any length: src/encoding/pickle/FORMAT.md,
// "Values". Nothing is returned for what Python does not write like that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace aerotool::pickle {

/// Whether the text is UTF-8 in which surrogates may stand.
bool is_text(std::string_view text);

/// What stands between the quotes of a STRING.
std::optional<std::string_view> unquoted(std::string_view line);

/// The bytes of a STRING whose backslash escapes are still there.
std::optional<std::string> unescaped_string(std::string_view text);

/// The text of a UNICODE in UTF-8: its bytes are latin-1, with escapes for all that is not.
std::optional<std::string> unescaped_unicode(std::string_view line);

/// An integer of 64 bits, or a longer one as little-endian bytes in two's complement.
using Integer = std::variant<std::int64_t, std::string>;

/// An integer in decimal.
std::optional<Integer> decimal(std::string_view line);

/// An integer of little-endian bytes in two's complement, where 64 bits hold it.
std::optional<std::int64_t> short_integer(std::string_view bytes);

/// The first of such bytes, as few as hold the integer.
std::string_view shortest_integer(std::string_view bytes);

/// A float as repr() has it.
std::optional<double> decimal_float(std::string_view line);

}  // namespace aerotool::pickle
