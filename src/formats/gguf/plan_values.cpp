#include "formats/gguf/plan_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace aerotool::gguf {
namespace {

/// The range of a run of integers, and what it needs.
struct Integers {
  bool any_negative = false;
  bool above_i32 = false;
  bool above_u32 = false;

  void add(const Value& value) {
    if (!value.is_unsigned()) {
      any_negative = true;
      if (static_cast<std::int64_t>(value.bits) < std::numeric_limits<std::int32_t>::min()) above_u32 = true;
      return;
    }
    above_i32 = above_i32 || value.bits > std::uint64_t{std::numeric_limits<std::int32_t>::max()};
    above_u32 = above_u32 || value.bits > std::numeric_limits<std::uint32_t>::max();
  }
  ValueType of_scalar() const {
    if (any_negative) return above_u32 ? ValueType::i64 : ValueType::i32;
    return above_u32 ? ValueType::u64 : ValueType::u32;
  }
  ValueType of_elements() const {
    if (any_negative) return above_u32 || above_i32 ? ValueType::i64 : ValueType::i32;
    if (!above_i32) return ValueType::i32;
    return above_u32 ? ValueType::u64 : ValueType::u32;
  }
};

bool is_float(const Value& value) {
  return value.type == ValueType::f32 || value.type == ValueType::f64;
}

/// NaN and infinity keep what they are.
bool fits_f32(double number) {
  return std::isnan(number) || static_cast<double>(static_cast<float>(number)) == number;
}

Value narrowed(const Value& value) {
  const double number = value.as_double();
  return fits_f32(number) ? Value::f32(static_cast<float>(number)) : Value::f64(number);
}

/// Elements of one type, packed as GGUF has them.
class Packed {
 public:
  explicit Packed(ValueType element) { array_.element = element; }

  void add(std::uint64_t bits) {
    for (std::size_t i = 0; i < packed_width(array_.element); ++i)
      bytes_ += static_cast<char>((bits >> (8 * i)) & 0xff);
    ++array_.count;
  }
  Value finish() {
    array_.packed = Bytes::own(std::move(bytes_));
    return Value::array(std::move(array_));
  }

 private:
  Array array_;
  std::string bytes_;
};

std::optional<Value> integer_array(const std::vector<Value>& elements) {
  Integers integers;
  for (const Value& element : elements) integers.add(element);
  Packed packed(integers.of_elements());
  for (const Value& element : elements) packed.add(element.bits);
  return packed.finish();
}

std::optional<Value> float_array(const std::vector<Value>& elements) {
  const bool is_narrow =
      std::ranges::all_of(elements, [](const Value& element) { return fits_f32(element.as_double()); });
  Packed packed(is_narrow ? ValueType::f32 : ValueType::f64);
  for (const Value& element : elements) {
    const double number = element.as_double();
    packed.add(is_narrow ? std::bit_cast<std::uint32_t>(static_cast<float>(number))
                         : std::bit_cast<std::uint64_t>(number));
  }
  return packed.finish();
}

std::optional<Value> typed_array(const Value& value) {
  const Array& array = value.array();
  if (array.element == ValueType::string || array.element == ValueType::boolean) return value;
  std::vector<Value> elements;
  for_each_element(array, [&](const Value& element) {
    elements.push_back(element);
    return true;
  });
  if (elements.empty()) return integer_array(elements);
  if (std::ranges::all_of(elements, &Value::is_integer)) return integer_array(elements);
  // Writers of CBOR may have made integers of whole floats.
  if (std::ranges::all_of(elements,
                          [](const Value& element) { return is_float(element) || element.is_integer(); }))
    return float_array(elements);
  return std::nullopt;
}

}  // namespace

std::optional<Value> gguf_value(const Value& value) {
  if (value.type == ValueType::string || value.type == ValueType::boolean) return value;
  if (is_float(value)) return narrowed(value);
  if (value.type == ValueType::array) return typed_array(value);
  if (!value.is_integer()) return std::nullopt;
  Integers integers;
  integers.add(value);
  return Value::of(integers.of_scalar(), value.bits);
}

bool has_gguf_type(const Value& value) {
  if (value.type != ValueType::array) return value.type <= ValueType::f64;
  const Array& array = value.array();
  return array.element <= ValueType::f64 && std::ranges::all_of(array.items, has_gguf_type);
}

}  // namespace aerotool::gguf
