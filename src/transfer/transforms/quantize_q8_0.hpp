// Numbers as ggml's Q8_0 blocks.
#pragma once

#include <memory>
#include <string>

#include "transfer/byte_source.hpp"
#include "transfer/value_source.hpp"

namespace aerotool {

/// As ggml's reference quantizes them; their number is a multiple of 32, and fits_f32(). Reading throws
/// UnsupportedError that names the tensor, which is called `name`, where a block has NaN or needs a scale
/// that F16 does not hold.
std::shared_ptr<const ByteSource> quantize_q8_0(std::shared_ptr<const ValueSource> values, std::string name);

}  // namespace aerotool
