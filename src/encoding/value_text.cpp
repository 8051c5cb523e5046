#include "encoding/value_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "encoding/json/reader.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"

namespace aerotool {
namespace {

constexpr std::array kScalars = {ValueType::u8,  ValueType::i8,  ValueType::u16,     ValueType::i16,
                                 ValueType::u32, ValueType::i32, ValueType::u64,     ValueType::i64,
                                 ValueType::f32, ValueType::f64, ValueType::boolean, ValueType::string};
constexpr std::string_view kArray = "[]";
constexpr std::string_view kJson = "json";

bool is_scalar(ValueType type) {
  return std::ranges::find(kScalars, type) != kScalars.end();
}

/// The bits of a number of a type, from all of a text.
template <typename Number>
std::optional<std::uint64_t> bits_of(std::string_view text, ValueType type, std::string& problem) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    problem = "is no " + std::string(name_of(type));
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range) {
    problem = "is not in the range of " + std::string(name_of(type));
    return std::nullopt;
  }
  if constexpr (std::is_same_v<Number, float>) {
    return std::bit_cast<std::uint32_t>(number);
  } else if constexpr (std::is_same_v<Number, double>) {
    return std::bit_cast<std::uint64_t>(number);
  } else {
    return static_cast<std::uint64_t>(number);
  }
}

std::optional<std::uint64_t> number_bits(ValueType type, std::string_view text, std::string& problem) {
  switch (type) {
    case ValueType::u8:
      return bits_of<std::uint8_t>(text, type, problem);
    case ValueType::i8:
      return bits_of<std::int8_t>(text, type, problem);
    case ValueType::u16:
      return bits_of<std::uint16_t>(text, type, problem);
    case ValueType::i16:
      return bits_of<std::int16_t>(text, type, problem);
    case ValueType::u32:
      return bits_of<std::uint32_t>(text, type, problem);
    case ValueType::i32:
      return bits_of<std::int32_t>(text, type, problem);
    case ValueType::u64:
      return bits_of<std::uint64_t>(text, type, problem);
    case ValueType::i64:
      return bits_of<std::int64_t>(text, type, problem);
    case ValueType::f32:
      return bits_of<float>(text, type, problem);
    case ValueType::f64:
      return bits_of<double>(text, type, problem);
    default:
      problem = "is no " + std::string(name_of(type));
      return std::nullopt;
  }
}

/// Packs the elements of one JSON array, all of one type.
class ElementReader {
 public:
  explicit ElementReader(ValueType element) { array_.element = element; }

  std::string problem;  // what parse_json asks for

  bool null() { return other("null"); }
  bool boolean(bool truth) {
    if (array_.element != ValueType::boolean || depth_ == 0) return other(truth ? "true" : "false");
    return add(truth ? 1 : 0);
  }
  bool number(std::string_view digits) {
    if (array_.element == ValueType::boolean || array_.element == ValueType::string || depth_ == 0)
      return other(digits);
    std::string why;
    const auto bits = number_bits(array_.element, digits, why);
    if (!bits) {
      problem =
          "element " + std::to_string(array_.count) + ", " + std::string(shortened(digits)) + ", " + why;
      return false;
    }
    return add(*bits);
  }
  bool string(std::string_view text) {
    if (array_.element != ValueType::string || depth_ == 0) return other("a string");
    put(text.size(), sizeof(std::uint64_t));
    bytes_ += text;
    ++array_.count;
    return true;
  }
  bool key(std::string_view) { return false; }
  bool start_object() { return other("an object"); }
  bool end_object() { return false; }
  bool start_array() {
    if (depth_ != 0) return other("an array");
    ++depth_;
    return true;
  }
  bool end_array() { return true; }

  Value take() {
    array_.packed = Bytes::own(std::move(bytes_));
    return Value::array(std::move(array_));
  }

 private:
  bool other(std::string_view what) {
    const std::string shown = escape_controls(shortened(what));
    problem = depth_ == 0 ? "is no JSON array"
                          : "element " + std::to_string(array_.count) + ", " + shown + ", is no " +
                                std::string(name_of(array_.element));
    return false;
  }
  void put(std::uint64_t bits, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) bytes_ += static_cast<char>((bits >> (8 * i)) & 0xff);
  }
  bool add(std::uint64_t bits) {
    put(bits, packed_width(array_.element));
    ++array_.count;
    return true;
  }

  Array array_;
  std::string bytes_;
  unsigned depth_ = 0;
};

std::optional<Value> array_of_text(ValueType element, std::string_view text, std::string& problem) {
  ElementReader reader(element);
  if (const auto found = parse_json(text, reader)) {
    problem = reader.problem.empty() ? "is no JSON array: " + found->message : reader.problem;
    return std::nullopt;
  }
  return reader.take();
}

/// Files end in a newline, which is no part of a number.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<ValueSort> ValueSort::named(std::string_view name) {
  if (name == kJson) return ValueSort{ValueType::null, ValueType::null, true};
  const bool is_array = name.ends_with(kArray);
  if (is_array) name.remove_suffix(kArray.size());
  const auto* const found =
      std::ranges::find_if(kScalars, [&](ValueType scalar) { return name_of(scalar) == name; });
  if (found == kScalars.end()) return std::nullopt;
  if (is_array) return ValueSort{ValueType::array, *found};
  return ValueSort{*found};
}

std::optional<ValueSort> ValueSort::of(const Value& value) {
  constexpr ValueSort kAny{ValueType::null, ValueType::null, true};
  if (is_scalar(value.type)) return ValueSort{value.type};
  if (value.type == ValueType::array) {
    if (is_scalar(value.array().element)) return ValueSort{ValueType::array, value.array().element};
    return value.array().element == ValueType::null ? std::optional(kAny) : std::nullopt;
  }
  const bool is_json =
      value.type == ValueType::null || value.type == ValueType::map || value.type == ValueType::number;
  return is_json ? std::optional(kAny) : std::nullopt;
}

std::string ValueSort::name() const {
  if (json) return std::string(kJson);
  if (type == ValueType::array) return std::string(name_of(element)) + std::string(kArray);
  return std::string(name_of(type));
}

std::string_view names_of_sorts() {
  return "u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bool string, each with [] for an array, and json";
}

std::optional<Value> value_of_text(const ValueSort& sort, std::string_view text, std::string& problem) {
  if (!is_utf8(text)) {
    problem = "is not UTF-8";
    return std::nullopt;
  }
  if (sort.json) {
    Value value;
    if (const auto found = read_json(text, ValueBuilder::kMaxMemory, value)) {
      problem = "is " + found->message;
      return std::nullopt;
    }
    return value;
  }
  if (sort.type == ValueType::string) return Value::string(std::string(text));
  if (sort.type == ValueType::array) return array_of_text(sort.element, text, problem);
  text = trimmed(text);
  if (sort.type == ValueType::boolean) {
    if (text == "true" || text == "false") return Value::boolean(text == "true");
    problem = "is neither true nor false";
    return std::nullopt;
  }
  const auto bits = number_bits(sort.type, text, problem);
  if (!bits) return std::nullopt;
  return Value::of(sort.type, *bits);
}

}  // namespace aerotool
