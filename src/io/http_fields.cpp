#include "io/http_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace aerotool::io {
namespace {

/// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is sent.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
  constexpr std::size_t kLength = 29;
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != kLength || !text.ends_with(" GMT")) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    return parse_field_number(text.substr(at, length));
  };
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = number(5, 2);
  const auto year = number(12, 4);
  const auto hour = number(17, 2);
  const auto minute = number(20, 2);
  const auto second = number(23, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

std::string_view HttpHead::field(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::uint64_t> parse_field_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const auto slash = text.find('/');
  if (!text.starts_with(kUnit) || slash == std::string_view::npos) return std::nullopt;
  const std::string_view range = text.substr(kUnit.size(), slash - kUnit.size());
  const std::string_view total = text.substr(slash + 1);
  ContentRange result;
  if (total != "*") {
    result.total = parse_field_number(total);
    if (!result.total) return std::nullopt;
  }
  if (range == "*") return result;
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_field_number(range.substr(0, dash));
  const auto last = parse_field_number(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX) return std::nullopt;
  if (result.total && *last >= *result.total) return std::nullopt;
  result.range = HttpRange{*first, *last + 1};
  return result;
}

bool is_strong_tag(std::string_view tag) {
  return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

std::optional<std::chrono::seconds> asked_wait(const HttpHead& head,
                                               std::chrono::system_clock::time_point now) {
  static constexpr std::uint64_t kMost = 1'000'000'000;
  const auto seconds = [](std::uint64_t count) {
    return std::chrono::seconds(static_cast<std::int64_t>(std::min(count, kMost)));
  };
  const std::string_view field = head.field("retry-after");
  if (const auto count = parse_field_number(field)) return seconds(*count);
  if (const auto date = parse_date(field)) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(*date - now);
    return std::max(wait, std::chrono::seconds(0));
  }
  std::string_view limit = head.field("ratelimit");
  while (!limit.empty()) {
    const auto semicolon = std::min(limit.find(';'), limit.size());
    const std::string_view item = limit.substr(0, semicolon);
    limit.remove_prefix(std::min(semicolon + 1, limit.size()));
    if (!item.starts_with("t=")) continue;
    if (const auto count = parse_field_number(item.substr(2))) return seconds(*count);
  }
  return std::nullopt;
}

}  // namespace aerotool::io
