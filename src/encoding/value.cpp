#include "encoding/value.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/text.hpp"

namespace aerotool {
namespace {

void append_le(std::string& out, std::uint64_t bits, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out += static_cast<char>((bits >> (8 * i)) & 0xff);
}

std::uint64_t load_element(ByteSpan packed, std::size_t at, ValueType type) {
  switch (type) {
    case ValueType::u8:
    case ValueType::boolean:
      return load_le<std::uint8_t>(packed, at);
    case ValueType::i8:
      return static_cast<std::uint64_t>(static_cast<std::int8_t>(load_le<std::uint8_t>(packed, at)));
    case ValueType::u16:
      return load_le<std::uint16_t>(packed, at);
    case ValueType::i16:
      return static_cast<std::uint64_t>(static_cast<std::int16_t>(load_le<std::uint16_t>(packed, at)));
    case ValueType::i32:
      return static_cast<std::uint64_t>(static_cast<std::int32_t>(load_le<std::uint32_t>(packed, at)));
    case ValueType::u32:
    case ValueType::f32:
      return load_le<std::uint32_t>(packed, at);
    default:
      return load_le<std::uint64_t>(packed, at);
  }
}

bool is_integer_pair(ValueType a, ValueType b) {
  return (a == ValueType::u64 && b == ValueType::i64) || (a == ValueType::i64 && b == ValueType::u64);
}

bool is_above_i64(const Value& value) {
  return value.type == ValueType::u64 && value.bits > std::numeric_limits<std::int64_t>::max();
}

}  // namespace

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::u8:
      return "u8";
    case ValueType::i8:
      return "i8";
    case ValueType::u16:
      return "u16";
    case ValueType::i16:
      return "i16";
    case ValueType::u32:
      return "u32";
    case ValueType::i32:
      return "i32";
    case ValueType::f32:
      return "f32";
    case ValueType::boolean:
      return "bool";
    case ValueType::string:
      return "string";
    case ValueType::array:
      return "array";
    case ValueType::u64:
      return "u64";
    case ValueType::i64:
      return "i64";
    case ValueType::f64:
      return "f64";
    case ValueType::null:
      return "null";
    case ValueType::binary:
      return "binary";
    case ValueType::map:
      return "map";
    case ValueType::extension:
      return "extension";
    case ValueType::number:
      return "number";
  }
  return "";
}

std::size_t packed_width(ValueType type) {
  switch (type) {
    case ValueType::u8:
    case ValueType::i8:
    case ValueType::boolean:
      return 1;
    case ValueType::u16:
    case ValueType::i16:
      return 2;
    case ValueType::u32:
    case ValueType::i32:
    case ValueType::f32:
      return 4;
    case ValueType::u64:
    case ValueType::i64:
    case ValueType::f64:
      return 8;
    default:
      return 0;
  }
}

Value Value::f64(double value) {
  return of(ValueType::f64, std::bit_cast<std::uint64_t>(value));
}
Value Value::f32(float value) {
  return of(ValueType::f32, std::bit_cast<std::uint32_t>(value));
}

Value Value::list(std::vector<Value> items) {
  Array array;
  array.count = items.size();
  array.items = std::move(items);
  return Value::array(std::move(array));
}

bool Value::is_integer() const {
  switch (type) {
    case ValueType::u8:
    case ValueType::i8:
    case ValueType::u16:
    case ValueType::i16:
    case ValueType::u32:
    case ValueType::i32:
    case ValueType::u64:
    case ValueType::i64:
      return true;
    default:
      return false;
  }
}

bool Value::is_unsigned() const {
  switch (type) {
    case ValueType::u8:
    case ValueType::u16:
    case ValueType::u32:
    case ValueType::u64:
      return true;
    case ValueType::i8:
    case ValueType::i16:
    case ValueType::i32:
    case ValueType::i64:
      return static_cast<std::int64_t>(bits) >= 0;
    default:
      return false;
  }
}

double Value::as_double() const {
  if (type == ValueType::f32) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  if (type == ValueType::f64) return std::bit_cast<double>(bits);
  if (is_unsigned()) return static_cast<double>(bits);
  return static_cast<double>(static_cast<std::int64_t>(bits));
}

const Value* Value::find(std::string_view key) const {
  if (type != ValueType::map) return nullptr;
  for (const auto& [name, value] : map()) {
    if (name.type == ValueType::string && name.text() == key) return &value;
  }
  return nullptr;
}

void for_each_element(const Array& array, const std::function<bool(const Value&)>& visit) {
  if (!array.is_packed()) {
    for (const Value& item : array.items) {
      if (!visit(item)) return;
    }
    return;
  }
  const ByteSpan packed = array.packed.view;
  std::size_t at = 0;
  const std::size_t width = packed_width(array.element);
  for (std::uint64_t i = 0; i < array.count; ++i) {
    Value element;
    if (array.element == ValueType::string) {
      // The reader has checked all lengths once; a mapped file may have been written to since.
      if (packed.size() - at < 8) return;
      const auto length = static_cast<std::size_t>(load_le<std::uint64_t>(packed, at));
      if (packed.size() - at - 8 < length) return;
      element = Value::string(Bytes{packed.subspan(at + 8, length), nullptr});
      at += 8 + length;
    } else {
      element = Value::of(array.element, load_element(packed, at, array.element));
      at += width;
    }
    if (!visit(element)) return;
  }
}

/// A string that is not UTF-8 is carried as binary: among strings it is one of them.
bool ArrayBuilder::joins_strings(const Value& value) const {
  return value.type == ValueType::binary && (element_ == ValueType::string || count_ == 0) &&
         !is_utf8(value.text());
}

bool ArrayBuilder::stays_packed(const Value& value) const {
  const ValueType type = joins_strings(value) ? ValueType::string : value.type;
  if (mixed_ || (type != ValueType::string && packed_width(type) == 0)) return false;
  if (count_ == 0 || type == element_) return true;
  return is_integer_pair(element_, type) && !above_i64_ && !is_above_i64(value);
}

void ArrayBuilder::add(Value value) {
  const bool packed = stays_packed(value);
  if (joins_strings(value)) value.type = ValueType::string;
  ++count_;
  if (packed) {
    above_i64_ = above_i64_ || is_above_i64(value);
    // Among signed integers the same 64 bits are read as signed.
    element_ = is_integer_pair(element_, value.type) ? ValueType::i64 : value.type;
  } else if (!mixed_) {
    unpack();
  }
  if (mixed_) {
    items_.push_back(std::move(value));
  } else if (element_ == ValueType::string) {
    append_le(packed_, value.text().size(), 8);
    packed_ += value.text();
  } else {
    append_le(packed_, value.bits, packed_width(element_));
  }
}

void ArrayBuilder::unpack() {
  Array so_far;
  so_far.element = element_;
  so_far.count = count_ - 1;
  so_far.packed = Bytes::own(std::move(packed_));
  packed_.clear();
  mixed_ = true;
  for_each_element(so_far, [&](const Value& element) {
    // A string borrowed from the packed run needs bytes of its own.
    items_.push_back(element.type == ValueType::string ? Value::string(std::string(element.text()))
                                                       : element);
    return true;
  });
  element_ = ValueType::null;
}

Array ArrayBuilder::finish() {
  Array array;
  array.element = element_;
  array.count = count_;
  if (mixed_) {
    array.items = std::move(items_);
    const ValueType first = array.items.front().type;
    const bool same = std::all_of(array.items.begin(), array.items.end(),
                                  [&](const Value& item) { return item.type == first; });
    if (same) array.element = first;
  } else {
    array.packed = Bytes::own(std::move(packed_));
  }
  return array;
}

bool operator==(const Value& a, const Value& b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case ValueType::string:
    case ValueType::binary:
    case ValueType::extension:
    case ValueType::number:
      return a.bits == b.bits && a.text() == b.text();
    case ValueType::array: {
      const Array& left = a.array();
      const Array& right = b.array();
      if (left.count != right.count || left.element != right.element) return false;
      if (left.is_packed() != right.is_packed()) return false;
      return left.is_packed() ? left.packed.text() == right.packed.text() : left.items == right.items;
    }
    case ValueType::map:
      return a.map() == b.map();
    default:
      return a.bits == b.bits;
  }
}

}  // namespace aerotool
