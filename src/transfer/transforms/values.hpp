// The numbers of a tensor whose dtype says all of them: floats, and ggml's blocks.
#pragma once

#include <memory>

#include "transfer/value_source.hpp"

namespace aerotool {

/// Null where its dtype has none (integers, booleans, complex numbers), or they cannot be decoded.
std::shared_ptr<const ValueSource> values_of(const StoredTensor& tensor);

}  // namespace aerotool
