// What an overview holds, in words.
#pragma once

#include <string>

#include "model/overview.hpp"

namespace aerotool::cli {

/// "zstd index"
std::string text_of(const SectionFlags& flags);

/// "BLAKE3 of every tensor"
std::string text_of(const Integrity& integrity);

/// One line; hostile text in it is not escaped.
std::string text_of(const Note& note);

}  // namespace aerotool::cli
