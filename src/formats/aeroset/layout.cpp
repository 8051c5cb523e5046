#include "formats/aeroset/layout.hpp"

namespace aerotool::aeroset {

std::string part_name(std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
  return "part-" + digits + ".aero";
}

bool is_part_name(std::string_view name) {
  constexpr std::string_view kBefore = "part-";
  constexpr std::string_view kAfter = ".aero";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return false;
  if (name.size() < kBefore.size() + 3 + kAfter.size()) return false;
  const std::string_view digits = name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
  return digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace aerotool::aeroset
