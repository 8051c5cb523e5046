#include "formats/gguf/parse_metadata.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "core/text.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 30;
constexpr unsigned kMaxNesting = 16;
constexpr std::uint64_t kLeastArrayBytes = 4 + 8;  // element type, count
constexpr std::uint64_t kLeastStringBytes = 8;
// A pair of 13 bytes in the file becomes ten times that in memory.
constexpr std::uint64_t kMaxBuiltBytes = std::uint64_t{64} << 20;

/// A key as messages show it.
std::string quoted(std::string_view key) {
  constexpr std::size_t kMaxShown = 100;
  return "'" + escape_controls(key.substr(0, kMaxShown)) + (key.size() > kMaxShown ? "...'" : "'");
}

class KeyValueReader {
 public:
  KeyValueReader(Cursor& cursor, Report& report) : cursor_(cursor), report_(report) {}

  void read_pair() {
    const std::uint64_t begin = cursor_.position();
    const Bytes key = cursor_.string("a metadata key");
    charge(sizeof(decltype(result_.metadata.entries)::value_type) + key.size());
    if (key.size() == 0) report_.fault(Code::name, cursor_.at(begin), "a metadata key is empty");
    what_ = "the value of " + quoted(key.text());
    const ValueType type = read_type();
    result_.metadata.entries.emplace_back(key.text(), read_value(type));
  }

  KeyValues finish() {
    std::unordered_set<std::string_view> keys;
    for (const auto& [key, value] : result_.metadata.entries) {
      if (!keys.insert(key).second) {
        report_.fault(Code::duplicate, {cursor_.path(), {}, {}},
                      "the metadata key " + quoted(key) + " is duplicated");
      }
    }
    return std::move(result_);
  }

 private:
  ValueType read_type() {
    const std::uint64_t begin = cursor_.position();
    const std::uint32_t type = cursor_.u32(what_);
    if (type > static_cast<std::uint32_t>(ValueType::f64)) {
      throw CorruptError(cursor_.at(begin),
                         what_ + " has type " + std::to_string(type) + "; GGUF knows 0 to 12");
    }
    return static_cast<ValueType>(type);
  }

  Value read_value(ValueType type) {
    if (type == ValueType::string) return Value::string(cursor_.string(what_));
    if (type == ValueType::array) return Value::array(read_array(1));
    Array single;
    single.element = type;
    single.count = 1;
    single.packed = take_numbers(type, 1);
    Value value;
    for_each_element(single, [&](const Value& element) {
      value = element;
      return true;
    });
    if (type == ValueType::boolean) value.bits = value.bits != 0 ? 1 : 0;
    return value;
  }

  Array read_array(unsigned depth) {
    if (depth > kMaxNesting) {
      throw UnsupportedError(cursor_.here(),
                             what_ + " nests arrays deeper than " + std::to_string(kMaxNesting) + " levels");
    }
    Array array;
    array.element = read_type();
    const std::uint64_t begin = cursor_.position();
    array.count = cursor_.count(least_bytes(array.element), what_);
    if (array.count > kMaxElements) {
      throw UnsupportedError(cursor_.at(begin), what_ + ": an array of " + std::to_string(array.count) +
                                                    " elements; at most " + std::to_string(kMaxElements) +
                                                    " are read");
    }
    switch (array.element) {
      case ValueType::string:
        array.packed = take_strings(array.count);
        break;
      case ValueType::array: {
        charge(array.count * sizeof(Value));
        array.items.reserve(array.count);
        for (std::uint64_t i = 0; i < array.count; ++i) {
          array.items.push_back(Value::array(read_array(depth + 1)));
        }
        break;
      }
      default:
        array.packed = take_numbers(array.element, array.count);
    }
    return array;
  }

  // `count` was held against the bytes left: no product passes 2^64.
  Bytes take_numbers(ValueType type, std::uint64_t count) {
    const std::uint64_t begin = cursor_.position();
    Bytes packed = cursor_.take(count * packed_width(type), what_);
    if (type == ValueType::boolean &&
        std::any_of(packed.view.begin(), packed.view.end(), [](std::byte b) { return b > std::byte{1}; })) {
      result_.exact = false;
      report_.fault(Code::metadata, cursor_.at(begin), what_ + " holds a boolean that is neither 0 nor 1");
    }
    return packed;
  }

  Bytes take_strings(std::uint64_t count) {
    const std::uint64_t begin = cursor_.position();
    for (std::uint64_t i = 0; i < count; ++i) cursor_.skip_string(what_);
    return cursor_.since(begin);
  }

  static std::uint64_t least_bytes(ValueType type) {
    if (type == ValueType::string) return kLeastStringBytes;
    if (type == ValueType::array) return kLeastArrayBytes;
    return packed_width(type);
  }

  void charge(std::uint64_t bytes) {
    built_bytes_ += bytes;
    if (built_bytes_ > kMaxBuiltBytes) {
      throw UnsupportedError(cursor_.here(), "the metadata's keys and nested arrays take more than " +
                                                 human_size(kMaxBuiltBytes) + " of memory");
    }
  }

  Cursor& cursor_;
  Report& report_;
  KeyValues result_;
  std::string what_;
  std::uint64_t built_bytes_ = 0;
};

}  // namespace

KeyValues read_key_values(Cursor& cursor, std::uint64_t count, Report& report) {
  KeyValueReader reader(cursor, report);
  for (std::uint64_t i = 0; i < count; ++i) reader.read_pair();
  return reader.finish();
}

}  // namespace aerotool::gguf
