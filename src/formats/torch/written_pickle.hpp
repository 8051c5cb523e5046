// The pickle of a checkpoint that is written: a dict of tensors, each in a storage of its own
// (src/formats/torch/FORMAT.md, "As it is written"). It is made piece by piece, and nothing of it is held.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "model/metadata.hpp"
#include "transfer/planned_tensor.hpp"

namespace aerotool::torch {

/// What the attribute of the dict is called that holds metadata.
inline constexpr std::string_view kMetadataAttribute = "metadata";

/// Hands over the pickle, in order and in pieces. The tensors are such as content_of() has passed, and the
/// values such as append_value() takes. The storage of a tensor is called by its number.
void put_pickle(std::span<const PlannedTensor> tensors, const Metadata& metadata,
                const std::function<void(ByteSpan)>& put);

/// Appends the opcodes of a value; false where there are none that torch reads as weights only, or that say
/// what the value is. Something is appended then, too.
bool append_value(const Value& value, std::string& text);

}  // namespace aerotool::torch
