#pragma once

#include "model/format.hpp"

namespace aerotool {

/// GGUF versions 2 and 3, little-endian (spec/gguf.md).
const Format& gguf_format();

}  // namespace aerotool
