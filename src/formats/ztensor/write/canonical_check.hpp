// Whether our writer would make a zTensor file as it is.
#pragma once

#include <optional>

#include "core/bytes.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "model/metadata.hpp"

namespace aerotool::ztensor {

/// Compares the index alone, object by object: what it says of digests is taken for true. `attributes` are
/// those of the file.
bool is_canonical(const TensorTable& table, const Container& container, ByteSpan manifest,
                  const std::optional<Metadata>& attributes);

}  // namespace aerotool::ztensor
