// The numbers of a tensor that holds floats as a model stores it.
#pragma once

#include <memory>

#include "codecs/floats/float_kind.hpp"
#include "transfer/value_source.hpp"

namespace aerotool {

/// Null where the elements of its dtype are no floats (model/float_dtype.hpp).
std::shared_ptr<const ValueSource> stored_values(const StoredTensor& tensor);

/// The same, of bytes that are floats of a kind whatever their dtype is.
std::shared_ptr<const ValueSource> stored_values(const StoredTensor& tensor, FloatKind kind);

}  // namespace aerotool
