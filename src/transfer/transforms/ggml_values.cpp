#include "transfer/transforms/ggml_values.hpp"

#include <algorithm>
#include <type_traits>

#include "codecs/ggml/decode.hpp"
#include "codecs/ggml/types.hpp"
#include "core/scratch.hpp"

namespace aerotool {
namespace {

class GgmlValues final : public ValueSource {
 public:
  GgmlValues(const StoredTensor& tensor, const ggml::BlockDecoder& decoder)
      : tensor_(tensor), decoder_(decoder) {}

  std::uint64_t count() const override {
    return tensor_.tensor().size / decoder_.block_bytes * decoder_.block_elements;
  }
  bool fits_f32() const override { return true; }
  std::uint64_t unit() const override { return decoder_.block_elements; }
  const std::string& path() const override { return tensor_.model->path_of(tensor_.index); }
  std::vector<StoredTensor> inputs() const override { return {tensor_}; }

  void read(std::uint64_t first, std::span<float> out) const override {
    if (out.empty()) return;
    const std::uint64_t elements = decoder_.block_elements;
    const std::uint64_t first_block = first / elements;
    const std::uint64_t blocks = (first + out.size() - 1) / elements + 1 - first_block;
    Scratch<std::byte> bytes(blocks * decoder_.block_bytes);
    tensor_.model->read(tensor_.index, first_block * decoder_.block_bytes, bytes.span());
    if (first % elements == 0 && out.size() % elements == 0) {
      decoder_.decode(bytes.span(), out);
      return;
    }
    Scratch<float> whole(blocks * elements);
    decoder_.decode(bytes.span(), whole.span());
    std::ranges::copy(whole.span().subspan(first - first_block * elements, out.size()), out.begin());
  }

  void read(std::uint64_t first, std::span<double> out) const override {
    Scratch<float> floats(out.size());
    read(first, floats.span());
    std::ranges::copy(floats.span(), out.begin());
  }

 private:
  StoredTensor tensor_;
  const ggml::BlockDecoder& decoder_;
};

}  // namespace

std::shared_ptr<const ValueSource> ggml_values(const StoredTensor& tensor) {
  const DType& dtype = tensor.tensor().dtype;
  if (!dtype.is_packed() || dtype.packed().codec != ggml::kCodec || !dtype.packed().number) return nullptr;
  const ggml::BlockDecoder* decoder = ggml::block_decoder(*dtype.packed().number);
  if (decoder == nullptr) return nullptr;
  // What a file says of the type's blocks may be something else.
  const bool usual = decoder->block_elements == dtype.packed().block_elements &&
                     decoder->block_bytes == dtype.packed().block_bytes && dtype.packed().row_bytes == 0;
  if (!usual) return nullptr;
  return std::make_shared<GgmlValues>(tensor, *decoder);
}

}  // namespace aerotool
