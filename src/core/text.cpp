#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace aerotool {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

unsigned char octet(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(std::string_view text, std::size_t i) {
  return i < text.size() && (octet(text, i) & 0xc0) == 0x80;
}

/// How many bytes at the front are whole words of ASCII.
std::size_t ascii_words(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080;
  std::size_t length = 0;
  std::uint64_t word = 0;
  for (; text.size() - length >= sizeof word; length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kNotAscii) != 0) break;
  }
  return length;
}

void append_hex_escape(std::string& out, unsigned char value) {
  out += "\\x";
  out += kDigits[value >> 4];
  out += kDigits[value & 15];
}

std::string escape(std::string_view text, bool backslashes) {
  const auto is_plain = [backslashes](char c) {
    return c >= 0x20 && c < 0x7f && (c != '\\' || !backslashes);
  };
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_plain);
    out.append(text.begin(), end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) return out;
    const std::size_t length = utf8_sequence_length(text);
    const unsigned char first = octet(text, 0);
    if (length < 2) {
      switch (first) {
        case '\t':
          out += "\\t";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\\':
          out += "\\\\";
          break;
        default:
          append_hex_escape(out, first);
      }
      text.remove_prefix(1);
      continue;
    }
    const bool c1_control = length == 2 && first == 0xc2 && octet(text, 1) < 0xa0;
    if (c1_control) {
      append_hex_escape(out, first);
      append_hex_escape(out, octet(text, 1));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned lead = octet(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || !is_continuation(text, 1)) return 0;
  if (lead < 0xe0) return 2;
  const unsigned second = octet(text, 1);
  if (!is_continuation(text, 2)) return 0;
  if (lead < 0xf0) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead > 0xf4 || !is_continuation(text, 3)) return 0;
  const bool overlong = lead == 0xf0 && second < 0x90;
  const bool too_large = lead == 0xf4 && second >= 0x90;
  return overlong || too_large ? 0 : 4;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kMax = 256;
  constexpr std::string_view kCut = "...";
  // What has been cut is not cut again.
  if (text.size() <= kMax + kCut.size()) return std::string(text);
  std::size_t cut = kMax;
  // Not inside a UTF-8 sequence.
  while (cut > kMax - 4 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return std::string(text.substr(0, cut)).append(kCut);
}

std::string shown(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

bool is_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_words(text));
    if (text.empty()) return true;
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

std::string escape_controls(std::string_view text) {
  return escape(text, true);
}

std::string one_line(std::string_view message) {
  return escape(message, false);
}

std::string to_hex(ByteSpan bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    const auto value = std::to_integer<unsigned>(b);
    out += kDigits[value >> 4];
    out += kDigits[value & 15];
  }
  return out;
}

bool from_hex(std::string_view digits, std::span<std::byte> out) {
  if (digits.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    unsigned value = 0;
    if (c >= '0' && c <= '9') {
      value = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return false;
    }
    out[i / 2] = static_cast<std::byte>((std::to_integer<unsigned>(out[i / 2]) << 4 | value) & 0xff);
  }
  return true;
}

std::string with_thousands(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string plural(std::uint64_t count, std::string_view noun, std::string_view several) {
  std::string text = with_thousands(count) + " ";
  if (count == 1) return text.append(noun);
  return several.empty() ? text.append(noun).append("s") : text.append(several);
}

std::string listed(const std::vector<std::string>& names, std::size_t most, Quotes quotes) {
  const std::string_view quote = quotes == Quotes::yes ? "'" : "";
  const std::size_t shown = names.size() <= most + 1 ? names.size() : most;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text += i == 0 ? "" : ", ";
    text.append(quote).append(escape_controls(shortened(names[i]))).append(quote);
  }
  if (shown < names.size()) text += " and " + with_thousands(names.size() - shown) + " more";
  return text;
}

void sort_names(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.995 ? "%.2f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace aerotool
