// The head of a GGUF file as our writer makes it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "formats/gguf/layout.hpp"
#include "model/metadata.hpp"
#include "model/tensor.hpp"

namespace aerotool::gguf {

using Sink = std::function<void(ByteSpan)>;

struct HeadContent {
  std::uint32_t version = 3;                    ///< 2 or 3, which look the same
  std::uint64_t alignment = kDefaultAlignment;  ///< what `metadata` says or leaves at its default
  const Metadata& metadata;
  std::uint64_t tensor_count = 0;
  std::function<const Tensor&(std::uint64_t index)> tensor;  ///< in file order
  std::string path{};                                        ///< how messages name the model
};

/// Hands the exact bytes of a head to `sink`, piece by piece: magic, version, counts, pairs, infos and zeros
/// up to the data section. The infos place the tensors one after another, each padded to the alignment.
/// Returns how many bytes that were: the data section's place. Throws UnsupportedError for a value or a
/// tensor type that GGUF has no number for.
std::uint64_t render_head(const HeadContent& content, const Sink& sink);

/// The bytes of one pair: key, type and value.
void render_pair(const std::string& key, const Value& value, const std::string& path, const Sink& sink);

}  // namespace aerotool::gguf
