// Texts from a header inside messages: a name may be as long as the header.
#pragma once

#include <string>
#include <string_view>

#include "core/text.hpp"

namespace aerotool::safetensors {

using aerotool::shortened;

/// A text from the file as messages hold it: cut where it is long, escaped and in quotes.
std::string quoted(std::string_view text);

}  // namespace aerotool::safetensors
