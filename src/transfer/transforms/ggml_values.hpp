// The numbers of a tensor that is stored in ggml's blocks.
#pragma once

#include <memory>

#include "transfer/value_source.hpp"

namespace aerotool {

/// Null where its dtype is none of ggml's packed types, or one that cannot be decoded
/// (codecs/ggml/decode.hpp).
std::shared_ptr<const ValueSource> ggml_values(const StoredTensor& tensor);

}  // namespace aerotool
