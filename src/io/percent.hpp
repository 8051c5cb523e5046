// Percent-encoding, RFC 3986 section 2.1.
#pragma once

#include <string>
#include <string_view>

namespace aerotool::io {

/// A name as one segment of a URL's path: every byte but letters, digits and "-._~" as %XX, also a slash.
/// "." and ".." stay what they are, and so are for the caller to refuse.
std::string percent_encoded(std::string_view name);

/// The bytes that a text stands for; a "%" without two hexadecimal digits stays. What comes out may hold
/// anything, control characters and bytes that are not UTF-8 among it.
std::string percent_decoded(std::string_view text);

/// Whether two hexadecimal digits follow every "%".
bool is_percent_encoded(std::string_view text);

/// A part of a URL with what no URL may hold as %XX: bytes that are not ASCII, control characters, spaces,
/// and "\"<>\\^`{|}". A "%" stays, and so does whatever separates parts.
std::string with_forbidden_encoded(std::string_view text);

}  // namespace aerotool::io
