// What fields of an HTTP answer say (RFC 9110).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "io/http_client.hpp"

namespace aerotool::io {

/// "bytes 0-99/1000", "bytes 0-99/*" or "bytes */1000": the bytes [begin, end), and how many there are.
struct ContentRange {
  std::optional<HttpRange> range;
  std::optional<std::uint64_t> total;
};
/// Nothing where the text is malformed, the range is empty or it is not inside the total.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// Digits alone.
std::optional<std::uint64_t> parse_field_number(std::string_view text);

/// Whether a tag tells that bytes are the same: it is there, and is not "W/...".
bool is_strong_tag(std::string_view tag);

/// How long an answer asks to be left alone: Retry-After in seconds or as a date, else what the hub's
/// RateLimit says ("api";r=0;t=55). Nothing where it asks for nothing.
std::optional<std::chrono::seconds> asked_wait(const HttpHead& head,
                                               std::chrono::system_clock::time_point now);

}  // namespace aerotool::io
