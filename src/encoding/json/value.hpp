// A JSON document as a Value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encoding/json/reader.hpp"
#include "encoding/value.hpp"

namespace aerotool {

/// Integers become u64 or i64, other numbers f64, or remain text where json_number() would write them
/// otherwise. Nothing is returned where the text is sound and takes at most `most` bytes of memory.
std::optional<JsonProblem> read_json(std::string_view text, std::uint64_t most, Value& value);

/// The value of a file of that path, which takes at most 64 MiB of memory. Throws CorruptError.
Value json_of_file(std::string_view text, const std::string& path);

/// A number as JSON, with a point or an exponent.
std::string json_number(double value);

}  // namespace aerotool
