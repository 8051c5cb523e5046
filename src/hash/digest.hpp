#pragma once

#include <array>
#include <cstddef>

namespace aerotool {

/// 32 bytes of BLAKE3-256 or SHA-256.
using Digest = std::array<std::byte, 32>;

}  // namespace aerotool
