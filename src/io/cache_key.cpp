#include "io/cache_key.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"

namespace aerotool::io {
namespace {

constexpr std::size_t kNameDigits = 64;

bool is_escaped_in_key(char c) {
  constexpr char kDelete = 0x7f;
  return static_cast<unsigned char>(c) < ' ' || c == kDelete || c == '%';
}

std::string escaped_for_key(std::string_view value) {
  std::string text;
  for (const char& c : value) {
    if (is_escaped_in_key(c)) {
      text += "%" + to_hex(bytes_of({&c, 1}));
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<std::string> unescaped_from_key(std::string_view text) {
  std::string value;
  while (!text.empty()) {
    std::array<std::byte, 1> code{};
    if (text.front() != '%') {
      value += text.front();
      text.remove_prefix(1);
    } else if (text.size() >= 3 && from_hex(text.substr(1, 2), code)) {
      value += chars_of(ByteSpan(code));
      text.remove_prefix(3);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

/// Takes the line "NAME VALUE\n" off the front of a text.
std::optional<std::string> take_line(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with(' ')) return std::nullopt;
  return unescaped_from_key(line.substr(name.size() + 1));
}

/// With its length, so that no two lists of fields have the same bytes.
void add_field(hash::Blake3Stream& stream, std::string_view field) {
  std::array<std::byte, sizeof(std::uint64_t)> length{};
  store_le(std::span<std::byte>(length), 0, std::uint64_t{field.size()});
  stream.add(length);
  stream.add(bytes_of(field));
}

}  // namespace

std::string entry_name(const CacheKey& key) {
  hash::Blake3Stream stream;
  for (const std::string_view field : {std::string_view("entry"), std::string_view(key.origin),
                                       std::string_view(key.path), std::string_view(key.validator)}) {
    add_field(stream, field);
  }
  add_field(stream, std::to_string(key.size));
  return to_hex(stream.finish());
}

std::string pin_name(std::string_view origin, std::string_view path, std::string_view commit) {
  hash::Blake3Stream stream;
  for (const std::string_view field : {std::string_view("pin"), origin, path, commit})
    add_field(stream, field);
  return to_hex(stream.finish());
}

bool is_cache_name(std::string_view name) {
  return name.size() == kNameDigits && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string key_text(const CacheKey& key) {
  return "url " + escaped_for_key(key.shown) + "\nvalidator " + escaped_for_key(key.validator) + "\nsize " +
         std::to_string(key.size) + "\ncommit " + escaped_for_key(key.commit) + "\nsha256 " +
         escaped_for_key(key.sha256) + "\n";
}

std::optional<CacheKey> key_from_text(std::string_view text) {
  const auto url = take_line(text, "url");
  const auto validator = take_line(text, "validator");
  const auto size = take_line(text, "size");
  const auto commit = take_line(text, "commit");
  const auto sha256 = take_line(text, "sha256");
  if (!url || !validator || !size || !commit || !sha256 || !text.empty()) return std::nullopt;
  CacheKey key;
  const char* const end = size->data() + size->size();
  const auto [stop, error] = std::from_chars(size->data(), end, key.size);
  if (error != std::errc() || stop != end) return std::nullopt;
  key.shown = *url;
  key.validator = *validator;
  key.commit = *commit;
  key.sha256 = *sha256;
  return key;
}

}  // namespace aerotool::io
