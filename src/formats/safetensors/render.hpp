// The head of a safetensors file, which is all that stands before its data section: the header's length
// and the header, byte for byte as the reference library writes them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tensor.hpp"

namespace aerotool::safetensors {

/// In the order of their bytes: names are UTF-8 and unique, dtypes those that the format has. Pointers, as
/// there may be millions of them.
using HeadTensors = std::span<const Tensor* const>;

/// Keys and values of __metadata__ in the order they are to have; UTF-8.
using HeadMetadata = std::vector<std::pair<std::string_view, std::string_view>>;

using HeadSink = std::function<void(std::string_view)>;

/// Emits the head of a file whose data section holds the tensors in the order given, one behind the other.
/// Without metadata there is no __metadata__, with an empty list it is {}. The sink gets runs of about
/// 64 KiB; the head as a whole is never held. The caller has checked head_size() against kMaxHeaderBytes
/// and that the sizes' sum is below 2^64.
void render_head(const std::optional<HeadMetadata>& metadata, HeadTensors tensors, const HeadSink& sink);

/// The same as one string.
std::string render_head(const std::optional<HeadMetadata>& metadata, HeadTensors tensors);

/// The head's size: where the data section begins, a multiple of 8.
std::uint64_t head_size(const std::optional<HeadMetadata>& metadata, HeadTensors tensors);

}  // namespace aerotool::safetensors
