// What kind of fault or warning a finding is: a stable code that scripts can look for.
#pragma once

#include <optional>
#include <string_view>

namespace aerotool {

enum class Code {
#define AEROTOOL_CODE(name, text, meaning) name,
#include "core/finding_codes.inc"
#undef AEROTOOL_CODE
};

/// "E-SHORT"
std::string_view name_of(Code code);
/// The code of that name; nothing where there is none.
std::optional<Code> code_named(std::string_view name);

}  // namespace aerotool
