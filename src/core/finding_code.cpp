#include "core/finding_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace aerotool {
namespace {

constexpr std::array kNames = {
#define AEROTOOL_CODE(name, text, meaning) std::string_view(text),
#include "core/finding_codes.inc"
#undef AEROTOOL_CODE
};

}  // namespace

std::string_view name_of(Code code) {
  return kNames.at(static_cast<std::size_t>(code));
}

std::optional<Code> code_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Code>(found - kNames.begin());
}

}  // namespace aerotool
