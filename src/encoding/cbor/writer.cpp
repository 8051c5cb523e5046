#include "encoding/cbor/writer.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "encoding/cbor/half.hpp"
#include "encoding/cbor/head.hpp"

namespace aerotool::cbor {
namespace {

void append_bytes_of(std::string& out, std::uint64_t number, unsigned width) {
  while (width-- > 0) out.push_back(static_cast<char>(number >> (8 * width)));
}

void append_first(std::string& out, std::uint8_t major, std::uint64_t info) {
  out.push_back(static_cast<char>(std::uint64_t{major} << 5 | info));
}

void append_float(std::string& out, std::uint8_t info, std::uint64_t bits) {
  append_first(out, kSimple, info);
  append_bytes_of(out, bits, 1U << (info - kOneByte));
}

void append_head(std::string& out, std::uint8_t major, std::uint64_t argument) {
  if (argument <= kMaxInfo) return append_first(out, major, argument);
  unsigned exponent = 0;
  while (exponent < 3 && argument >> (8U << exponent) != 0) ++exponent;
  append_first(out, major, kOneByte + exponent);
  append_bytes_of(out, argument, 1U << exponent);
}

void append_float(std::string& out, double number) {
  if (std::isnan(number)) return append_float(out, kHalf, kCanonicalNan);
  const auto bits = std::bit_cast<std::uint64_t>(number);
  const auto single = single_of_double(bits);
  if (!single) return append_float(out, kDouble, bits);
  if (const auto half = half_of_single(*single)) return append_float(out, kHalf, *half);
  append_float(out, kSingle, *single);
}

void append_integer(std::string& out, const Value& value) {
  if (value.is_unsigned()) return append_unsigned(out, value.bits);
  append_head(out, kNegative, ~value.bits);
}

/// A number's text is an integer below -2^63, or what JSON wrote in a way of its own.
void append_number_text(std::string& out, std::string_view text) {
  std::uint64_t magnitude = 0;
  const char* const end = text.data() + text.size();
  if (text.starts_with('-')) {
    const auto [last, error] = std::from_chars(text.data() + 1, end, magnitude);
    if (last == end && error == std::errc{} && magnitude > 0)
      return append_head(out, kNegative, magnitude - 1);
    if (text == "-18446744073709551616") return append_head(out, kNegative, UINT64_MAX);
  }
  double number = 0;
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (last == end && error == std::errc{}) return append_float(out, number);
  append_text(out, text);
}

void append_entries(std::string& out, const MapItems& items, MapOrder order) {
  append_map(out, items.size());
  if (order == MapOrder::given) {
    for (const auto& [key, value] : items) {
      append_value(out, key, order);
      append_value(out, value, order);
    }
    return;
  }
  std::vector<std::pair<std::string, const Value*>> entries;
  entries.reserve(items.size());
  for (const auto& [key, value] : items)
    append_value(entries.emplace_back(std::string(), &value).first, key, order);
  std::ranges::stable_sort(entries, {}, [](const auto& entry) -> const std::string& { return entry.first; });
  for (const auto& [key, value] : entries) {
    out += key;
    append_value(out, *value, order);
  }
}

}  // namespace

void append_unsigned(std::string& out, std::uint64_t value) {
  append_head(out, kUnsigned, value);
}

void append_boolean(std::string& out, bool value) {
  append_first(out, kSimple, value ? kTrue : kFalse);
}

void append_text(std::string& out, std::string_view text) {
  append_head(out, kTextString, text.size());
  out += text;
}

void append_bytes(std::string& out, ByteSpan bytes) {
  append_head(out, kByteString, bytes.size());
  out += chars_of(bytes);
}

void append_array(std::string& out, std::uint64_t count) {
  append_head(out, kArray, count);
}

void append_map(std::string& out, std::uint64_t count) {
  append_head(out, kMap, count);
}

void append_value(std::string& out, const Value& value, MapOrder order) {
  switch (value.type) {
    case ValueType::null:
      return append_first(out, kSimple, kNull);
    case ValueType::boolean:
      return append_boolean(out, value.bits != 0);
    case ValueType::f32:
    case ValueType::f64:
      return append_float(out, value.as_double());
    case ValueType::string:
      if (is_utf8(value.text())) return append_text(out, value.text());
      return append_bytes(out, bytes_of(value.text()));
    case ValueType::binary:
    case ValueType::extension:
      return append_bytes(out, bytes_of(value.text()));
    case ValueType::number:
      return append_number_text(out, value.text());
    case ValueType::array:
      append_array(out, value.array().count);
      return for_each_element(value.array(), [&](const Value& element) {
        append_value(out, element, order);
        return true;
      });
    case ValueType::map:
      return append_entries(out, value.map(), order);
    default:
      return append_integer(out, value);
  }
}

bool key_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace aerotool::cbor
