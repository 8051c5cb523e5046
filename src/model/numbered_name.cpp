#include "model/numbered_name.hpp"

#include <algorithm>

namespace aerotool {
namespace {

constexpr std::size_t kDigits = 5;
constexpr std::string_view kOf = "-of-";

/// The number whose digits are all of `text`.
std::optional<std::uint32_t> number_in(std::string_view text) {
  if (text.size() != kDigits) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

std::string five_digits(std::uint32_t value) {
  const std::string digits = std::to_string(value);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

}  // namespace

std::optional<NumberedName> numbered_name(std::string_view path) {
  const auto of = path.rfind(kOf);
  if (of == std::string_view::npos || of < kDigits + 1) return std::nullopt;
  const std::string_view before = path.substr(0, of);
  const std::string_view after = path.substr(of + kOf.size());
  const auto part = number_in(before.substr(of - kDigits));
  const auto count = number_in(after.substr(0, kDigits));
  if (!part || !count || *part == 0 || *part > *count) return std::nullopt;
  const std::string_view stem = before.substr(0, of - kDigits);
  const std::string_view ending = after.substr(kDigits);
  if (!stem.ends_with('-') || !ending.starts_with('.') || ending.find('/') != std::string_view::npos)
    return std::nullopt;
  return NumberedName{std::string(stem.substr(0, stem.size() - 1)), *part, *count, std::string(ending)};
}

std::string part_path(const NumberedName& name, std::uint32_t part) {
  std::string path = name.stem + "-" + five_digits(part);
  return path.append(kOf).append(five_digits(name.count)).append(name.ending);
}

std::vector<std::string> part_names(const NumberedName& name) {
  NumberedName bare = name;
  bare.stem.erase(0, bare.stem.rfind('/') + 1);  // nothing where there is no slash
  std::vector<std::string> names;
  names.reserve(bare.count);
  for (std::uint32_t part = 1; part <= bare.count; ++part) names.push_back(part_path(bare, part));
  return names;
}

std::string parts_pattern(const NumberedName& name) {
  std::string path = name.stem + "-*";
  return path.append(kOf).append(five_digits(name.count)).append(name.ending);
}

bool same_parts(const NumberedName& a, const NumberedName& b) {
  return a.stem == b.stem && a.count == b.count && a.ending == b.ending;
}

}  // namespace aerotool
