#include "transfer/transforms/quantized/packed_rows.hpp"

#include <algorithm>

#include "core/bytes.hpp"
#include "core/scratch.hpp"

namespace aerotool::quantized {
namespace {

class PackedRows final : public ValueSource {
 public:
  PackedRows(const StoredTensor& words, std::uint32_t bits, std::uint64_t rows, std::uint64_t columns)
      : words_(words), bits_(bits), rows_(rows), columns_(columns) {}

  std::uint64_t count() const override { return rows_ * columns_; }
  bool fits_f32() const override { return true; }
  void read(std::uint64_t first, std::span<float> out) const override { read_as(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { read_as(first, out); }
  const std::string& path() const override { return words_.model->path_of(words_.index); }
  std::vector<StoredTensor> inputs() const override { return {words_}; }

 private:
  template <typename Number>
  void read_as(std::uint64_t first, std::span<Number> out) const {
    const std::uint64_t per_word = 32 / bits_;
    const std::uint32_t mask = (1U << bits_) - 1;
    const auto half = static_cast<std::int32_t>(1U << (bits_ - 1));
    Scratch<std::byte> words(std::min<std::uint64_t>(out.size(), columns_) * 4);
    for (std::size_t done = 0; done < out.size();) {
      const std::uint64_t row = (first + done) / columns_;
      const std::uint64_t column = (first + done) % columns_;
      const std::uint64_t count = std::min<std::uint64_t>(columns_ - column, out.size() - done);
      const auto bytes = words.first(count * 4);
      words_.model->read(words_.index, (row / per_word * columns_ + column) * 4, bytes);
      const auto shift = static_cast<std::uint32_t>(row % per_word * bits_);
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t code = (load_le<std::uint32_t>(bytes, i * 4) >> shift) & mask;
        out[done + i] = static_cast<Number>(static_cast<std::int32_t>(code) - half);
      }
      done += count;
    }
  }

  StoredTensor words_;
  std::uint32_t bits_;
  std::uint64_t rows_;
  std::uint64_t columns_;
};

class SmallIntegers final : public ValueSource {
 public:
  explicit SmallIntegers(const StoredTensor& tensor) : tensor_(tensor) {}

  std::uint64_t count() const override { return tensor_.tensor().size; }
  bool fits_f32() const override { return true; }
  void read(std::uint64_t first, std::span<float> out) const override { read_as(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { read_as(first, out); }
  const std::string& path() const override { return tensor_.model->path_of(tensor_.index); }
  std::vector<StoredTensor> inputs() const override { return {tensor_}; }

 private:
  template <typename Number>
  void read_as(std::uint64_t first, std::span<Number> out) const {
    Scratch<std::byte> bytes(out.size());
    tensor_.model->read(tensor_.index, first, bytes.span());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<Number>(static_cast<std::int8_t>(bytes.span()[i]));
  }

  StoredTensor tensor_;
};

}  // namespace

std::shared_ptr<const ValueSource> packed_rows(const StoredTensor& words, std::uint32_t bits,
                                               std::uint64_t rows, std::uint64_t columns) {
  return std::make_shared<PackedRows>(words, bits, rows, columns);
}

std::shared_ptr<const ValueSource> small_integers(const StoredTensor& tensor) {
  return std::make_shared<SmallIntegers>(tensor);
}

}  // namespace aerotool::quantized
