// How the numbers of a tensor lie in its bytes: an element at a time, or in blocks that are decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "codecs/ggml/decode.hpp"
#include "core/bytes.hpp"
#include "model/tensor.hpp"
#include "tasks/compare/elements.hpp"

namespace aerotool::tasks {

class NumberBlocks {
 public:
  /// No block has more elements, and all have a power of two of them.
  static constexpr std::uint32_t kMostElements = 256;

  /// Blocks of one element.
  NumberBlocks(NumberKind kind) : bytes_(static_cast<std::uint32_t>(width_of(kind))), kind_(kind) {}
  /// `decoder` is static.
  explicit NumberBlocks(const ggml::BlockDecoder& decoder)
      : elements_(decoder.block_elements), bytes_(decoder.block_bytes), decoder_(&decoder) {}

  std::uint32_t elements() const { return elements_; }  ///< of a block
  std::uint32_t bytes() const { return bytes_; }        ///< of a block
  bool is(NumberKind kind) const { return decoder_ == nullptr && kind_ == kind; }
  /// Whether F32 holds every number exactly.
  bool fits_f32() const { return decoder_ != nullptr || tasks::fits_f32(kind_); }

  /// Bytes of as many elements, whole blocks.
  std::uint64_t bytes_of(std::uint64_t elements) const { return elements / elements_ * bytes_; }
  std::uint64_t elements_of(std::uint64_t bytes) const { return bytes / bytes_ * elements_; }

  /// Fills `out`, whole blocks, with what `bytes` begin with; as floats only where fits_f32(). As
  /// tasks::decode.
  void decode(ByteSpan bytes, std::span<float> out) const;
  /// At most 1024 elements.
  void decode(ByteSpan bytes, std::span<double> out) const;

 private:
  std::uint32_t elements_ = 1;
  std::uint32_t bytes_ = 1;
  NumberKind kind_ = NumberKind::u8;
  const ggml::BlockDecoder* decoder_ = nullptr;  // null: elements of kind_
};

/// Of a tensor whose elements are numbers of their own, and with `dequantize` of ggml's blocks too. Nothing
/// where its numbers are not known.
std::optional<NumberBlocks> number_blocks(const Tensor& tensor, bool dequantize);

}  // namespace aerotool::tasks
