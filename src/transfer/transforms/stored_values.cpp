#include "transfer/transforms/stored_values.hpp"

#include <bit>

#include "codecs/floats/widen.hpp"
#include "core/scratch.hpp"
#include "model/float_dtype.hpp"

namespace aerotool {
namespace {

class StoredValues final : public ValueSource {
 public:
  StoredValues(const StoredTensor& tensor, FloatKind kind) : tensor_(tensor), kind_(kind) {}

  std::uint64_t count() const override { return tensor_.tensor().size / width_of(kind_); }
  bool fits_f32() const override { return kind_ != FloatKind::f64; }
  void read(std::uint64_t first, std::span<float> out) const override { read_as(FloatKind::f32, first, out); }
  void read(std::uint64_t first, std::span<double> out) const override {
    read_as(FloatKind::f64, first, out);
  }
  std::optional<FloatKind> stored_kind() const override { return kind_; }
  void read_stored(std::uint64_t first, std::span<std::byte> out) const override {
    tensor_.model->read(tensor_.index, first * width_of(kind_), out);
  }
  const std::string& path() const override { return tensor_.model->path_of(tensor_.index); }
  std::vector<StoredTensor> inputs() const override { return {tensor_}; }

 private:
  /// `own`: the kind that lies in memory as `Number` does.
  template <typename Number>
  void read_as(FloatKind own, std::uint64_t first, std::span<Number> out) const {
    const std::size_t width = width_of(kind_);
    if (kind_ == own && std::endian::native == std::endian::little) {
      tensor_.model->read(tensor_.index, first * width, std::as_writable_bytes(out));
      return;
    }
    Scratch<std::byte> bytes(out.size() * width);
    tensor_.model->read(tensor_.index, first * width, bytes.span());
    widen(kind_, bytes.span(), out);
  }

  StoredTensor tensor_;
  FloatKind kind_;
};

}  // namespace

std::shared_ptr<const ValueSource> stored_values(const StoredTensor& tensor) {
  const auto kind = float_kind(tensor.tensor().dtype);
  return kind ? stored_values(tensor, *kind) : nullptr;
}

std::shared_ptr<const ValueSource> stored_values(const StoredTensor& tensor, FloatKind kind) {
  return std::make_shared<StoredValues>(tensor, kind);
}

}  // namespace aerotool
