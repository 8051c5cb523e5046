// Models of quantized weights, made up in memory with the bytes that a test gives them, and what their
// numbers are by definition.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
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

inline bool is_same_number(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// The same from many places, and as floats where that is offered; whether all of it agrees.
inline bool agrees_in_pieces(const ValueSource& values) {
  const std::vector<double> whole = values_of(values);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{33}, std::size_t{20'001}}) {
    // A step of one is slow where there are many.
    const std::size_t end = std::min<std::size_t>(whole.size(), step * 3000);
    for (std::size_t first = 0; first < end; first += step) {
      std::vector<double> piece(std::min(step, whole.size() - first));
      values.read(first, std::span(piece));
      if (!std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(first),
                      is_same_number))
        return false;
    }
  }
  if (!values.fits_f32()) return true;
  const std::vector<float> floats = values_of<float>(values);
  return std::equal(floats.begin(), floats.end(), whole.begin(), is_same_number);
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

using Bytes8 = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

/// Numbers that repeat late and have all bits.
class Noise {
 public:
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % limit;
  }
  std::vector<std::uint32_t> codes(std::size_t count, std::uint32_t limit) {
    std::vector<std::uint32_t> all(count);
    for (std::uint32_t& code : all) code = below(limit);
    return all;
  }
  std::vector<float> floats(std::size_t count) {
    std::vector<float> all(count);
    for (float& one : all) one = 0.25F + static_cast<float>(below(1U << 20)) * 0x1p-21F;
    return all;
  }

 private:
  std::uint64_t state_ = 7;
};

/// F16 of what has few bits and is near 1.
inline std::uint16_t half_bits(double number) {
  const int exponent = std::ilogb(number);
  const auto mantissa = static_cast<unsigned>((std::fabs(number) / std::ldexp(1, exponent) - 1) * 1024);
  return static_cast<std::uint16_t>((number < 0 ? 0x8000 : 0) | (exponent + 15) << 10 |
                                    static_cast<int>(mantissa));
}

/// Codes in words, lowest bits first, one behind the other.
inline Words packed_bits(const std::vector<std::uint32_t>& codes, unsigned bits) {
  Words words((codes.size() * bits + 31) / 32);
  for (std::size_t i = 0; i < codes.size() * bits; ++i) {
    if ((codes[i / bits] >> (i % bits) & 1U) != 0) words[i / 32] |= 1U << (i % 32);
  }
  return words;
}

inline Bytes8 bytes_of_codes(const std::vector<std::uint32_t>& codes) {
  return {codes.begin(), codes.end()};
}

/// F8_E4M3 by its definition.
inline double e4m3_number(std::uint32_t code) {
  const int exponent = static_cast<int>(code >> 3 & 15U);
  const int mantissa = static_cast<int>(code & 7U);
  double number = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  if ((code & 127U) == 127) number = std::numeric_limits<double>::quiet_NaN();
  return code >= 128 ? -number : number;
}

inline double e2m1_number(std::uint32_t code) {
  const std::array<double, 8> numbers = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  return code >= 8 ? -numbers[code - 8] : numbers[code];
}

/// Whether elements that a source rounds by itself are those that its numbers round to, and are counted as
/// they are, in ranges that begin and end anywhere.
inline bool rounds_as_its_numbers(const ValueSource& source) {
  const std::vector<double> numbers = values_of(source);
  const FloatKind kind = source.rounded_kind().value();
  const std::size_t width = width_of(kind);
  const std::size_t count = numbers.size();
  if (count == 0) return source.read_rounded(0, {}).nan == 0;
  const std::vector<std::pair<std::size_t, std::size_t>> ranges = {
      {0, count},         {1, count},
      {0, count / 2},     {count / 3, count - 1},
      {count - 1, count}, {count / 2, count / 2}};
  for (const auto& [begin, end] : ranges) {
    std::vector<std::byte> expected((end - begin) * width);
    std::vector<std::byte> rounded(expected.size());
    const CastCounts of_numbers = narrow(kind, std::span(numbers).subspan(begin, end - begin), expected);
    const CastCounts of_source = source.read_rounded(begin, rounded);
    if (rounded != expected || of_source.clipped != of_numbers.clipped ||
        of_source.flushed != of_numbers.flushed || of_source.nan != of_numbers.nan)
      return false;
  }
  return true;
}

/// The only weight of a model.
inline void check_weight(const QuantizedModel& model, const std::string& config, const std::string& layout,
                         const Shape& shape, const std::function<double(std::size_t)>& expected,
                         const std::string& model_opt = {}) {
  const auto weights = quantized_in(model, config, model_opt);
  REQUIRE(weights.size() == 1);
  const QuantizedWeight& weight = weights[0];
  CHECK(weight.name == (layout == "MXFP4" ? "m" : "m.weight"));
  CHECK(weight.layout == layout);
  CHECK(weight.shape == shape);
  CHECK(weight.consumed.size() == model.tensors().size());
  REQUIRE(weight.values->count() == element_count(shape));
  CHECK(agrees_in_pieces(*weight.values));
  if (weight.values->rounded_kind()) CHECK(rounds_as_its_numbers(*weight.values));
  const std::vector<double> values = values_of(*weight.values);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_same_number(values[i], expected(i))) ++differing;
  }
  CHECK(differing == 0);
}

inline std::string quantization_said(const std::string& members) {
  return "{\"quantization_config\":{" + members + "}}";
}

inline std::string compressed_said(const std::string& format, const std::string& weights) {
  return quantization_said(R"("quant_method":"compressed-tensors","format":")" + format +
                           R"(","config_groups":{"group_0":{"targets":["Linear"],"weights":{)" + weights +
                           "}}}");
}

inline const std::string kFp8Config =
    quantization_said(R"("quant_method":"fp8","weight_block_size":[128,128])");

}  // namespace aerotool::test
