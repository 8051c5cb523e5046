#include "encoding/json/text.hpp"

#include <cstdint>

#include "core/text.hpp"

namespace aerotool {
namespace {

void append_unit(std::string& out, unsigned unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 15];
}

/// A code point and the text behind it; `text` begins with well-formed UTF-8.
std::uint32_t take_code_point(std::string_view& text) {
  const std::size_t length = utf8_sequence_length(text);
  const auto lead = static_cast<unsigned char>(text[0]);
  std::uint32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(length);
  return point;
}

}  // namespace

void append_json_string(std::string& out, std::string_view raw) {
  const std::string valid = is_utf8(raw) ? std::string(raw) : replace_invalid_utf8(raw);
  std::string_view text = valid;
  out += '"';
  while (!text.empty()) {
    const std::uint32_t point = take_code_point(text);
    switch (point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (point >= 0x20 && point <= 0x7e) {
          out += static_cast<char>(point);
        } else if (point < 0x10000) {
          append_unit(out, point);
        } else {
          append_unit(out, 0xd800 + ((point - 0x10000) >> 10));
          append_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
  }
  out += '"';
}

}  // namespace aerotool
