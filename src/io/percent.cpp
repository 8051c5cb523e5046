#include "io/percent.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "core/text.hpp"

namespace aerotool::io {
namespace {

constexpr std::size_t kEncodedByte = 3;  // %XX

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

bool is_url_character(char c) {
  return is_unreserved(c) || std::string_view("%:/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
}

template <typename Plain>
std::string encoded_unless(std::string_view text, const Plain& is_plain) {
  constexpr std::string_view kUpperDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    out += '%';
    out += kUpperDigits[value >> 4];
    out += kUpperDigits[value & 15];
  }
  return out;
}

/// The byte that "%XX" at the front of `text` stands for.
bool read_encoded(std::string_view text, char& value) {
  std::array<std::byte, 1> byte{};
  if (text.size() < kEncodedByte || !from_hex(text.substr(1, 2), byte)) return false;
  value = static_cast<char>(byte[0]);
  return true;
}

}  // namespace

std::string percent_encoded(std::string_view name) {
  return encoded_unless(name, is_unreserved);
}

std::string with_forbidden_encoded(std::string_view text) {
  return encoded_unless(text, is_url_character);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    char value = text.front();
    const bool encoded = value == '%' && read_encoded(text, value);
    out += value;
    text.remove_prefix(encoded ? kEncodedByte : 1);
  }
  return out;
}

bool is_percent_encoded(std::string_view text) {
  char value = 0;
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!read_encoded(text.substr(at), value)) return false;
  }
  return true;
}

}  // namespace aerotool::io
