#include "core/finding_code.hpp"

#include <array>
#include <cstddef>

namespace aerotool {

std::string_view name_of(Code code) {
  constexpr std::array kNames = {
#define AEROTOOL_CODE(name, text, meaning) std::string_view(text),
#include "core/finding_codes.inc"
#undef AEROTOOL_CODE
  };
  return kNames.at(static_cast<std::size_t>(code));
}

}  // namespace aerotool
