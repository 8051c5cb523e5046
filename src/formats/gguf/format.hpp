#pragma once

#include "transfer/format.hpp"

namespace aerotool {

/// GGUF versions 2 and 3, little-endian (src/formats/gguf/FORMAT.md).
const Format& gguf_format();

}  // namespace aerotool
