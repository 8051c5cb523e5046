#include "formats/gguf/split.hpp"

#include <algorithm>

namespace aerotool::gguf {
namespace {

constexpr std::size_t kDigits = 5;
constexpr std::string_view kOf = "-of-";
constexpr std::string_view kExtension = ".gguf";

/// Takes the digits that `text` ends with off it.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  if (text.size() < kDigits) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(text.size() - kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  text.remove_suffix(kDigits);
  return value;
}

bool take_text(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

std::string five_digits(std::uint32_t value) {
  const std::string digits = std::to_string(value);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

}  // namespace

std::optional<SplitName> split_name(std::string_view path) {
  if (!take_text(path, kExtension)) return std::nullopt;
  const auto count = take_number(path);
  if (!count || !take_text(path, kOf)) return std::nullopt;
  const auto part = take_number(path);
  if (!part || !take_text(path, "-")) return std::nullopt;
  if (*part == 0 || *part > *count) return std::nullopt;
  return SplitName{std::string(path), *part, *count};
}

std::string part_path(const SplitName& name, std::uint32_t part) {
  std::string path = name.stem + "-" + five_digits(part);
  path.append(kOf).append(five_digits(name.count)).append(kExtension);
  return path;
}

bool is_split_key(std::string_view key) {
  return key == kSplitNumberKey || key == kSplitCountKey || key == kSplitTensorsKey;
}

bool erase_split_keys(Metadata& metadata) {
  return std::erase_if(metadata.entries, [](const auto& entry) { return is_split_key(entry.first); }) != 0;
}

bool says_split(const Metadata& metadata) {
  return std::any_of(metadata.entries.begin(), metadata.entries.end(), [](const auto& entry) {
    return entry.first == kSplitNumberKey || entry.first == kSplitCountKey || entry.first == kSplitTensorsKey;
  });
}

std::optional<std::uint64_t> split_number(const Metadata& metadata, std::string_view key) {
  const Value* value = metadata.find(key);
  if (value == nullptr || !value->is_unsigned()) return std::nullopt;
  return value->bits;
}

}  // namespace aerotool::gguf
