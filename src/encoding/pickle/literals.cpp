#include "encoding/pickle/literals.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "encoding/pickle/limits.hpp"

namespace aerotool::pickle {
namespace {

constexpr std::uint32_t kMaxCodePoint = 0x10ffff;

std::uint8_t octet_of(char c) {
  return static_cast<std::uint8_t>(c);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that the first digits of `text` are, all of which have to be there.
std::optional<std::uint32_t> digits_at_front(std::string_view text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value, base);
  if (error != std::errc{} || end != text.data() + count) return std::nullopt;
  return value;
}

/// In UTF-8, surrogates too.
void append_code_point(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

/// How many characters of `text` are octal digits, three at most.
std::size_t octal_digits(std::string_view text) {
  const auto end =
      std::find_if_not(text.begin(), text.begin() + std::min<std::ptrdiff_t>(3, std::ssize(text)),
                       [](char c) { return c >= '0' && c <= '7'; });
  return static_cast<std::size_t>(end - text.begin());
}

/// Appends what one escape stands for and says how long it is, without its backslash; 0 where it is none.
std::size_t append_escape(std::string& out, std::string_view text) {
  constexpr std::string_view kLetters = "\\'\"abfnrtv";
  constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  if (const std::size_t letter = kLetters.find(text[0]); letter != std::string_view::npos) {
    out += kMeanings[letter];
    return 1;
  }
  if (text[0] == 'x') {
    const auto value = digits_at_front(text.substr(1), 2, 16);
    if (!value) return 0;
    out += static_cast<char>(*value);
    return 3;
  }
  if (const std::size_t count = octal_digits(text); count > 0) {
    out += static_cast<char>(*digits_at_front(text, count, 8) & 0xff);
    return count;
  }
  // Python leaves the backslash of what is no escape.
  out += '\\';
  out += text[0];
  return 1;
}

/// bytes * 10 + digit
void append_digit(std::string& bytes, unsigned digit) {
  unsigned carry = digit;
  for (char& byte : bytes) {
    carry += octet_of(byte) * 10U;
    byte = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  if (carry != 0) bytes.push_back(static_cast<char>(carry));
}

/// A magnitude becomes two's complement.
void apply_sign(std::string& bytes, bool negative) {
  bytes.push_back('\0');
  if (!negative) return;
  unsigned carry = 1;
  for (char& byte : bytes) {
    carry += 0xffU - octet_of(byte);
    byte = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
}

}  // namespace

bool is_text(std::string_view text) {
  while (!is_utf8(text)) {
    std::size_t at = 0;
    while (const std::size_t length = utf8_sequence_length(text.substr(at))) at += length;
    const std::string_view rest = text.substr(at);
    const bool surrogate = rest.size() >= 3 && octet_of(rest[0]) == 0xed && octet_of(rest[1]) >= 0xa0 &&
                           octet_of(rest[1]) <= 0xbf && (octet_of(rest[2]) & 0xc0) == 0x80;
    if (!surrogate) return false;
    text = rest.substr(3);
  }
  return true;
}

std::optional<std::string_view> unquoted(std::string_view line) {
  if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"'))
    return std::nullopt;
  return line.substr(1, line.size() - 2);
}

std::optional<std::string> unescaped_string(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    const std::size_t length = text.empty() ? 0 : append_escape(out, text);
    if (length == 0) return std::nullopt;
    text.remove_prefix(length);
  }
  return out;
}

std::optional<std::string> unescaped_unicode(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    append_code_point(out, octet_of(c));
    if (c != '\\' || line.empty()) continue;
    const char letter = line.front();
    line.remove_prefix(1);
    if (letter != 'u' && letter != 'U') {
      append_code_point(out, octet_of(letter));
      continue;
    }
    const std::size_t count = letter == 'u' ? 4 : 8;
    const auto code = digits_at_front(line, count, 16);
    if (!code || *code > kMaxCodePoint) return std::nullopt;
    line.remove_prefix(count);
    out.pop_back();
    append_code_point(out, *code);
  }
  return out;
}

std::optional<Integer> decimal(std::string_view line) {
  const bool negative = !line.empty() && line.front() == '-';
  const std::string_view digits = line.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  if (digits.front() == '0' && line.size() > 1) return std::nullopt;
  std::int64_t value = 0;
  if (std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc{}) return value;
  std::string bytes;
  for (const char digit : digits) append_digit(bytes, static_cast<unsigned>(digit - '0'));
  apply_sign(bytes, negative);
  bytes.resize(shortest_integer(bytes).size());
  if (bytes.size() > kMaxLong) return std::nullopt;
  return bytes;
}

std::optional<std::int64_t> short_integer(std::string_view bytes) {
  bytes = shortest_integer(bytes);
  if (bytes.size() > sizeof(std::int64_t)) return std::nullopt;
  const bool negative = !bytes.empty() && (octet_of(bytes.back()) & 0x80) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | octet_of(bytes[i]);
  return static_cast<std::int64_t>(value);
}

std::string_view shortest_integer(std::string_view bytes) {
  while (bytes.size() > 1) {
    const bool negative = (octet_of(bytes[bytes.size() - 2]) & 0x80) != 0;
    if (octet_of(bytes.back()) != (negative ? 0xff : 0)) break;
    bytes.remove_suffix(1);
  }
  return bytes;
}

std::optional<double> decimal_float(std::string_view line) {
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  // An infinity that is no number's overflow is written in letters, and none has its parentheses from repr().
  if (error != std::errc{} || end != line.data() + line.size() || line.ends_with(')')) return std::nullopt;
  return value;
}

}  // namespace aerotool::pickle
