// Models of quantized weights, made up in memory with the bytes that a test gives them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "plan_fixture.hpp"
#include "transfer/transforms/quantized_weights.hpp"

namespace aerotool::test {

/// Little-endian, as the machines are that tests run on.
template <typename Number>
std::string packed(const std::vector<Number>& numbers) {
  std::string bytes(numbers.size() * sizeof(Number), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

class QuantizedModel final : public MadeUpModel {
 public:
  /// `bytes` may be empty: then there are zeros.
  QuantizedModel& add(const std::string& name, std::string_view dtype, Shape shape, std::string bytes = {}) {
    MadeUpModel::add(name, *dtype_named(dtype), std::move(shape));
    bytes.resize(tensors().back().size);
    bytes_.push_back(std::move(bytes));
    return *this;
  }
  /// Changes a tensor that is there.
  QuantizedModel& reshape(std::string_view name, std::string_view dtype, Shape shape) {
    for (std::size_t i = 0; i < tensors().size(); ++i) {
      Tensor& tensor = tensors()[i];
      if (tensor.name != name) continue;
      tensor.dtype = *dtype_named(dtype);
      tensor.size = tensor.dtype.size_of(shape).bytes.value();
      tensor.shape = std::move(shape);
      bytes_[i].resize(tensor.size);
      return *this;
    }
    throw std::logic_error("no tensor is called so");
  }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    const std::string& all = bytes_.at(tensor);
    if (offset > all.size() || out.size() > all.size() - offset) throw std::logic_error("read past the end");
    const auto piece = bytes_of(all).subspan(offset, out.size());
    std::copy(piece.begin(), piece.end(), out.begin());
  }

 private:
  std::vector<std::string> bytes_;
};

template <typename Number = double>
std::vector<Number> values_of(const ValueSource& values) {
  std::vector<Number> all(values.count());
  values.read(0, std::span(all));
  return all;
}

/// The same from many places, and as floats where that is offered; whether all of it agrees.
inline bool agrees_in_pieces(const ValueSource& values) {
  const std::vector<double> whole = values_of(values);
  const auto is_same = [](double a, double b) { return a == b || (a != a && b != b); };
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{33}, std::size_t{20'001}}) {
    // A step of one is slow where there are many.
    const std::size_t end = std::min<std::size_t>(whole.size(), step * 3000);
    for (std::size_t first = 0; first < end; first += step) {
      std::vector<double> piece(std::min(step, whole.size() - first));
      values.read(first, std::span(piece));
      if (!std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(first),
                      is_same))
        return false;
    }
  }
  if (!values.fits_f32()) return true;
  const std::vector<float> floats = values_of<float>(values);
  return std::equal(floats.begin(), floats.end(), whole.begin(), is_same);
}

inline std::vector<QuantizedWeight> quantized_in(const Model& model, std::string_view config,
                                                 std::string_view model_opt = {}) {
  return quantized_weights(model, quantization_config(config, model_opt));
}

/// What is refused; "no error" where nothing is.
inline std::string quantized_error(const Model& model, std::string_view config,
                                   std::string_view model_opt = {}) {
  try {
    for (const QuantizedWeight& weight : quantized_in(model, config, model_opt))
      static_cast<void>(values_of(*weight.values));
  } catch (const Error& error) {
    return describe({{}, error.where().offset, error.where().tensor}, error.message());
  }
  return "no error";
}

}  // namespace aerotool::test
