// gpt-oss: blocks of 4-bit floats, whose matrices the library transposes when it decodes them.
#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "codecs/floats/small_float.hpp"
#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/once.hpp"
#include "core/vectorised.hpp"
#include "transfer/transforms/quantized/column_tiles.hpp"
#include "transfer/transforms/quantized/module.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint64_t kBlockBytes = 16;
constexpr std::uint64_t kBlock = 32;

template <typename Number>
struct Scaled {
  [[gnu::always_inline]] static void run(const std::uint8_t* bytes, const std::uint8_t* scales, Number* out,
                                         std::uint32_t shift, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t code = (static_cast<std::uint32_t>(bytes[i]) >> shift) & 15U;
      const auto magnitude = magnitude_to_float<1, 1>(code & 7U);
      const auto number = std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | ((code & 8U) << 28));
      out[i] = static_cast<Number>(number) * static_cast<Number>(f8_e8m0_to_float(scales[i]));
    }
  }
};

/// [matrices, inputs, outputs] of blocks [matrices, outputs, inputs / 32, 16].
class Mxfp4Blocks final : public ValueSource {
 public:
  Mxfp4Blocks(const StoredTensor& blocks, const StoredTensor& scales, const std::shared_ptr<PartCache>& cache)
      : blocks_(blocks),
        scales_(scales),
        matrices_(blocks.tensor().shape[0]),
        outputs_(blocks.tensor().shape[1]),
        columns_(blocks.tensor().shape[2]),
        bytes_of_columns_(blocks, {matrices_, outputs_, columns_ * kBlockBytes, 1}, cache),
        scales_of_columns_(scales, {matrices_, outputs_, columns_, 1}, cache) {}

  std::uint64_t count() const override { return matrices_ * outputs_ * columns_ * kBlock; }
  bool fits_f32() const override {
    looked_.run([this] { fits_f32_ = products_fit_f32(); });
    return fits_f32_;
  }
  void read(std::uint64_t first, std::span<float> out) const override { read_as(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { read_as(first, out); }
  const std::string& path() const override { return blocks_.model->path_of(blocks_.index); }
  std::vector<StoredTensor> inputs() const override { return {blocks_, scales_}; }

 private:
  static constexpr std::uint64_t kAtOnce = std::uint64_t{16} << 10;

  /// All but those that 6 takes past the largest one.
  bool products_fit_f32() const {
    std::vector<std::byte> piece(std::size_t{64} << 10);
    const std::uint64_t size = scales_.tensor().size;
    for (std::uint64_t at = 0; at < size; at += piece.size()) {
      const auto bytes = std::span(piece).first(std::min<std::uint64_t>(piece.size(), size - at));
      scales_.model->read(scales_.index, at, bytes);
      const auto is_large = [](std::byte scale) {
        return scale == std::byte{0xfd} || scale == std::byte{0xfe};
      };
      if (std::ranges::any_of(bytes, is_large)) return false;
    }
    return true;
  }

  template <typename Number>
  void read_as(std::uint64_t first, std::span<Number> out) const {
    std::vector<std::byte> bytes(std::min<std::uint64_t>({out.size(), outputs_, kAtOnce}));
    std::vector<std::byte> scales(bytes.size());
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t row = (first + done) / outputs_;
      const std::uint64_t output = (first + done) % outputs_;
      const std::uint64_t matrix = row / (columns_ * kBlock);
      const std::uint64_t input = row % (columns_ * kBlock);
      const auto count = std::min<std::uint64_t>({outputs_ - output, out.size() - done, bytes.size()});
      const auto codes = std::span(bytes).first(count);
      const auto factors = std::span(scales).first(count);
      bytes_of_columns_.read(matrix, input / 2, output, codes);
      scales_of_columns_.read(matrix, input / kBlock, output, factors);
      vectorised<Scaled<Number>>(octets_of(ByteSpan(codes)), octets_of(ByteSpan(factors)), out.data() + done,
                                 static_cast<std::uint32_t>(input % 2 * 4), count);
      done += count;
    }
  }

  StoredTensor blocks_;
  StoredTensor scales_;
  std::uint64_t matrices_;
  std::uint64_t outputs_;
  std::uint64_t columns_;  // of blocks
  ColumnTiles bytes_of_columns_;
  ColumnTiles scales_of_columns_;
  mutable Once looked_;
  mutable bool fits_f32_ = false;
};

}  // namespace

QuantizedWeight mxfp4_blocks_weight(const Module& module) {
  module.require_method("MXFP4", {"mxfp4"});
  module.require_only({QuantRole::codes, QuantRole::scale});
  module.require_dtype(QuantRole::scale, {"U8", "F8_E8M0"});
  if (!module.is_called(QuantRole::scale, "_scales"))
    module.refuse(QuantRole::scale, "is a scale of a layout that is not known");
  const Shape& shape = module.tensor(QuantRole::codes).shape;
  if (shape.size() != 4 || shape[3] != kBlockBytes) module.refuse("has no blocks of 16 bytes in matrices");
  module.require_shape(QuantRole::scale, {shape[0], shape[1], shape[2]});
  const auto inputs = checked_mul(shape[2], kBlock);
  if (!inputs) module.refuse("has a row that is too long");
  return module.weight_called(std::string(module.name()), "MXFP4", {shape[0], *inputs, shape[1]},
                              std::make_shared<Mxfp4Blocks>(module.stored(QuantRole::codes),
                                                            module.stored(QuantRole::scale), module.cache()));
}

}  // namespace aerotool::quantized
