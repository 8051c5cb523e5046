// Quantized weights: a line with a config.json, a line for each tensor ("NAME DTYPE 3,4"), an empty line, and
// bytes that all tensors have, again and again. Whatever is made of them can be read anywhere, and says the
// same each time; what config.json says of quantization can be dropped.
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "encoding/json/reader.hpp"
#include "model/quantization_config.hpp"
#include "model/quantized_modules.hpp"
#include "model/without_quantization.hpp"
#include "transfer/transforms/quantized_weights.hpp"

namespace {

using namespace aerotool;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;  // of a tensor
constexpr std::size_t kMostTensors = 24;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The next line, without what ends it; takes it away.
std::string_view line_of(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

class FuzzedModel final : public Model {
 public:
  explicit FuzzedModel(std::string_view text) {
    while (tensors_.size() < kMostTensors) {
      const std::string_view line = line_of(text);
      if (line.empty()) break;
      add(line);
    }
    data_ = text;
  }

  const std::string& path() const override { return path_; }
  Overview overview() const override { return {}; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return {}; }
  Source source() const override { return {}; }
  bool check(const CheckOptions&, Report&) const override { return true; }
  void require_unchanged() const override {}
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    require(tensor < tensors_.size());
    const std::uint64_t size = tensors_[tensor].size;
    require(offset <= size && out.size() <= size - offset);
    const ByteSpan data = bytes_of(data_);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = data.empty() ? std::byte{0} : data[(tensor + offset + i) % data.size()];
  }

 private:
  void add(std::string_view line) {
    const std::size_t name_end = line.find(' ');
    if (name_end == std::string_view::npos) return;
    std::string_view rest = line.substr(name_end + 1);
    const std::size_t dtype_end = std::min(rest.find(' '), rest.size());
    const auto dtype = dtype_named(rest.substr(0, dtype_end));
    if (!dtype) return;
    Tensor tensor;
    tensor.name = line.substr(0, name_end);
    for (const Tensor& other : tensors_) {
      if (other.name == tensor.name) return;
    }
    tensor.dtype = *dtype;
    rest.remove_prefix(std::min(dtype_end + 1, rest.size()));
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const auto size = json_unsigned(rest.substr(0, end));
      if (!size) return;
      tensor.shape.push_back(*size);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const ByteSize size = dtype->size_of(tensor.shape);
    if (!size.bytes || *size.bytes > kMostBytes) return;
    tensor.size = *size.bytes;
    tensors_.push_back(std::move(tensor));
  }

  std::string path_ = "fuzzed";
  std::vector<Tensor> tensors_;
  std::string_view data_;
};

bool is_same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

void require_readable(const ValueSource& values, std::uint64_t first, std::size_t count) {
  std::vector<double> all(count);
  values.read(first, std::span(all));
  const std::size_t middle = count / 3;
  std::vector<double> part(std::min<std::size_t>(count - middle, 37));
  values.read(first + middle, std::span(part));
  for (std::size_t i = 0; i < part.size(); ++i) require(is_same(part[i], all[middle + i]));
  if (!values.fits_f32()) return;
  std::vector<float> floats(count);
  values.read(first, std::span(floats));
  for (std::size_t i = 0; i < count; ++i) require(is_same(static_cast<double>(floats[i]), all[i]));
}

void require_sound(const QuantizedWeight& weight) {
  const ValueSource& values = *weight.values;
  require(values.count() == element_count(weight.shape));
  require(!weight.consumed.empty() && !values.inputs().empty());
  const std::size_t count = std::min<std::uint64_t>(values.count(), 20'000);
  try {
    require_readable(values, 0, count);
    require_readable(values, values.count() - count, count);
    require_readable(values, values.count() / 2,
                     std::min<std::uint64_t>(count, values.count() - values.count() / 2));
  } catch (const ContentError&) {  // an index that names no group
  }
}

void drop_quantization(std::string_view config) {
  try {
    const std::string text = without_quantization(config);
    require(!quantization_config(text, {}).says_anything());
    require(without_quantization(text) == text);
  } catch (const CorruptError&) {  // most texts are not JSON
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  const std::string_view config = line_of(text);
  drop_quantization(config);
  const FuzzedModel model(text);
  static_cast<void>(scaled_float_codes(model.tensors()));
  try {
    for (const QuantizedWeight& weight : quantized_weights(model, quantization_config(config, {})))
      require_sound(weight);
  } catch (const ContentError&) {  // most are refused
  }
  return 0;
}
