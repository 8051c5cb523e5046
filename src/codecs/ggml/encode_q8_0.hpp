// Numbers to ggml's Q8_0, the one type that is made here.
#pragma once

#include <cstddef>
#include <span>

namespace aerotool::ggml {

/// Quantizes whole groups of 32 numbers as ggml's reference does (src/codecs/ggml/FORMAT.md, "Making Q8_0");
/// `out` has 34 bytes for each. Returns false where ggml's result would be lost or undefined: a NaN, or a
/// scale that F16 cannot hold; then `out` has no meaning.
bool encode_q8_0(std::span<const float> values, std::span<std::byte> out);

}  // namespace aerotool::ggml
