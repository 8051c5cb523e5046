// Text that comes from files: made safe to print, checked, turned into hexadecimal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

namespace aerotool {

/// Control characters (C0, DEL, C1 in UTF-8), backslashes and bytes that are not UTF-8 as backslash
/// escapes (\t \n \r \\ \x1b), so that a name can neither break a table nor speak to a terminal.
std::string escape_controls(std::string_view text);

/// The same without touching backslashes: for a message whose names are escaped already.
std::string one_line(std::string_view message);

/// A text from a file as messages hold it: cut where it is long.
std::string shortened(std::string_view text);

/// The same, escaped and in quotes: 'model.embed'.
std::string shown(std::string_view text);

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// The text with every ill-formed sequence replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

/// The length of the well-formed UTF-8 sequence that `text` begins with; 0 where there is none.
std::size_t utf8_sequence_length(std::string_view text);

/// Lower-case hexadecimal digits.
std::string to_hex(ByteSpan bytes);

/// The bytes that hexadecimal digits (either case) stand for; false where they do not fill `out` exactly.
bool from_hex(std::string_view digits, std::span<std::byte> out);

/// 1234567 as "1,234,567".
std::string with_thousands(std::uint64_t value);

/// "1 tensor", "1,234 tensors"; "2 more entries" where the plural is not the noun with an s.
std::string plural(std::uint64_t count, std::string_view noun, std::string_view several = {});

enum class Quotes : bool { no, yes };

/// Names from files, "a, b, c and 4 more": escaped and shortened, the first `most` of them. One name more
/// than that is shown as well, as it takes no more room than a count.
std::string listed(const std::vector<std::string>& names, std::size_t most, Quotes quotes = Quotes::no);

/// In byte order.
void sort_names(std::vector<std::string>& names);

/// A size in binary units, three figures: "1.37 GiB", "512 B".
std::string human_size(std::uint64_t bytes);

}  // namespace aerotool
