// Whether our writer would make a zTensor file as it is.
#pragma once

#include "core/bytes.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "model/model.hpp"

namespace aerotool::ztensor {

/// Compares the index alone: what it says of digests is taken for true. `attributes` are those of the file.
bool is_canonical(const Model& model, const TensorTable& table, const Container& container, ByteSpan manifest,
                  const std::optional<Metadata>& attributes);

}  // namespace aerotool::ztensor
