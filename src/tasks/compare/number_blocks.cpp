#include "tasks/compare/number_blocks.hpp"

#include <array>
#include <bit>

#include "codecs/ggml/types.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::size_t kMostAtOnce = 1024;

/// The decoder of blocks that are as long as the dtype says, and have nothing before the first of a row.
const ggml::BlockDecoder* decoder_of(const PackedType& type) {
  if (type.codec != ggml::kCodec || !type.number || type.row_bytes != 0) return nullptr;
  const ggml::BlockDecoder* decoder = ggml::block_decoder(*type.number);
  if (decoder == nullptr || decoder->block_elements != type.block_elements ||
      decoder->block_bytes != type.block_bytes) {
    return nullptr;
  }
  const bool fits =
      std::has_single_bit(decoder->block_elements) && decoder->block_elements <= NumberBlocks::kMostElements;
  return fits ? decoder : nullptr;
}

}  // namespace

void NumberBlocks::decode(ByteSpan bytes, std::span<float> out) const {
  if (decoder_ == nullptr) return tasks::decode(kind_, bytes, out);
  decoder_->decode(bytes.first(bytes_of(out.size())), out);
}

void NumberBlocks::decode(ByteSpan bytes, std::span<double> out) const {
  if (decoder_ == nullptr) return tasks::decode(kind_, bytes, out);
  std::array<float, kMostAtOnce> buffer{};
  const std::span floats = std::span(buffer).first(out.size());
  decode(bytes, floats);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(floats[i]);
}

std::optional<NumberBlocks> number_blocks(const Tensor& tensor, bool dequantize) {
  std::optional<NumberBlocks> blocks;
  if (const auto kind = number_kind(tensor.dtype)) {
    blocks.emplace(*kind);
  } else if (dequantize && tensor.dtype.is_packed()) {
    if (const auto* decoder = decoder_of(tensor.dtype.packed())) blocks.emplace(*decoder);
  }
  // What a reader did not hold to its shape is not decoded.
  if (!blocks || tensor.dtype.size_of(tensor.shape).bytes != tensor.size) return std::nullopt;
  return blocks;
}

}  // namespace aerotool::tasks
