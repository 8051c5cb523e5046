// A typed value of a model's metadata, exact to the bit: integer widths, float bits, an array's element
// type, and strings that are not UTF-8 are kept as the source had them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.hpp"

namespace aerotool {

/// The first thirteen are numbered as GGUF numbers its value types (src/formats/gguf/FORMAT.md, "Metadata").
enum class ValueType : std::uint8_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
  null = 32,
  binary = 33,
  map = 34,
  extension = 35,  ///< msgpack's: bytes, with their type's number
  number = 36,     ///< JSON's, as its text, where no integer or double would be written like it
};

/// "u32", "string", ...
std::string_view name_of(ValueType type);

/// Bytes of one element in a packed array; 0 for strings and for what is never packed.
std::size_t packed_width(ValueType type);

struct Value;

/// An array. Numbers, booleans and strings stand packed in one run of bytes, because a tokenizer has
/// hundreds of thousands of them: numbers little-endian at their width, a string as u64 length and bytes
/// (GGUF's own encoding, so that a GGUF array needs no copy). Everything else stands in `items`.
struct Array {
  ValueType element = ValueType::null;  ///< null where the elements are of several types
  std::uint64_t count = 0;
  Bytes packed;
  std::vector<Value> items;

  bool is_packed() const { return items.empty(); }
};

using MapItems = std::vector<std::pair<Value, Value>>;

struct Value {
  ValueType type = ValueType::null;
  /// The bits of a number or boolean: integers in two's complement (sign-extended), floats as IEEE bits.
  /// Of an extension the number of its type.
  std::uint64_t bits = 0;
  std::variant<std::monostate, Bytes, Array, MapItems> data;  ///< text or bytes, array, map

  static Value of(ValueType type, std::uint64_t bits) { return {type, bits, {}}; }
  static Value boolean(bool value) { return of(ValueType::boolean, value ? 1 : 0); }
  static Value u64(std::uint64_t value) { return of(ValueType::u64, value); }
  static Value i64(std::int64_t value) { return of(ValueType::i64, static_cast<std::uint64_t>(value)); }
  static Value f64(double value);
  static Value f32(float value);
  static Value string(std::string text) { return {ValueType::string, 0, Bytes::own(std::move(text))}; }
  static Value string(Bytes text) { return {ValueType::string, 0, std::move(text)}; }
  static Value binary(Bytes bytes) { return {ValueType::binary, 0, std::move(bytes)}; }
  static Value extension(std::uint8_t type, Bytes bytes) {
    return {ValueType::extension, type, std::move(bytes)};
  }
  static Value number(std::string text) { return {ValueType::number, 0, Bytes::own(std::move(text))}; }
  static Value array(Array items) { return {ValueType::array, 0, std::move(items)}; }
  static Value list(std::vector<Value> items);  ///< an unpacked array
  static Value map(MapItems items) { return {ValueType::map, 0, std::move(items)}; }

  bool is_unsigned() const;  ///< u8 u16 u32 u64, or a signed one that is not negative
  bool is_integer() const;
  double as_double() const;  ///< of a number
  std::string_view text() const {
    return std::get<Bytes>(data).text();
  }  ///< of a string, bytes or a number's text
  const Array& array() const { return std::get<Array>(data); }
  const MapItems& map() const { return std::get<MapItems>(data); }
  MapItems& map() { return std::get<MapItems>(data); }

  /// In a map: the value of a string key; null where there is none or this is no map.
  const Value* find(std::string_view key) const;
};

/// Calls `visit` for each element in order; stops early where it returns false.
void for_each_element(const Array& array, const std::function<bool(const Value&)>& visit);

/// Collects values and packs them where they are all strings (binary that is not UTF-8 counts as one), all
/// integers, all floats of a width, or all booleans.
class ArrayBuilder {
 public:
  void add(Value value);
  Array finish();
  /// Whether this type of element, as text that is borrowed during the call, is copied by add().
  bool copies(ValueType type) const {
    return type == ValueType::string && !mixed_ && (count_ == 0 || element_ == ValueType::string);
  }
  /// Whether the elements so far stay packed when this one joins them.
  bool stays_packed(const Value& value) const;
  bool is_mixed() const { return mixed_; }
  std::uint64_t count() const { return count_; }
  /// Bytes held, but for the text of elements that are not packed.
  std::uint64_t memory() const { return packed_.size() + items_.size() * sizeof(Value); }

 private:
  bool joins_strings(const Value& value) const;
  void unpack();

  ValueType element_ = ValueType::null;
  bool mixed_ = false;
  bool above_i64_ = false;  // an unsigned value over 2^63 - 1 was seen
  std::uint64_t count_ = 0;
  std::string packed_;
  std::vector<Value> items_;
};

/// Equal in type, bits and order; NaNs compare by their bits.
bool operator==(const Value& a, const Value& b);

}  // namespace aerotool
