// GGUF's key-value section.
#pragma once

#include <cstdint>

#include "formats/gguf/parse_cursor.hpp"
#include "model/metadata.hpp"
#include "model/report.hpp"

namespace aerotool::gguf {

struct KeyValues {
  Metadata metadata;
  /// Whether the values hold all that the bytes say. False where a boolean is neither 0 nor 1.
  bool exact = true;
};

/// The fewest bytes of a pair: key length, value type, a value of one byte.
constexpr std::uint64_t kLeastPairBytes = 8 + 4 + 1;

/// Reads `count` pairs. Strings and arrays of numbers, booleans and strings are borrowed from the cursor's
/// prefix; what has to be built in memory (keys, arrays of arrays) is limited, and above that an
/// UnsupportedError. Faults (empty and duplicate keys, booleans) go to `report`.
KeyValues read_key_values(Cursor& cursor, std::uint64_t count, Report& report);

}  // namespace aerotool::gguf
