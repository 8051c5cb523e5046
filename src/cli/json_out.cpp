#include "cli/json_out.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "core/text.hpp"
#include "encoding/json/text.hpp"

namespace aerotool::cli {
namespace {

/// Whether there is a control character that the writer does not escape: DEL, or C1 as UTF-8.
bool has_late_controls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x7f') return true;
    const bool c1 =
        text[i] == '\xc2' && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) < 0xa0);
    if (c1) return true;
  }
  return false;
}

}  // namespace

std::string scalar_text(const Value& value) {
  switch (value.type) {
    case ValueType::null:
      return "null";
    case ValueType::boolean:
      return value.bits != 0 ? "true" : "false";
    case ValueType::f32:
    case ValueType::f64: {
      const double number = value.as_double();
      if (std::isnan(number)) return "nan";
      if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
      std::array<char, 40> text{};
      const auto end = text.data() + text.size();
      const auto result =
          value.type == ValueType::f32
              ? std::to_chars(text.data(), end, std::bit_cast<float>(static_cast<std::uint32_t>(value.bits)))
              : std::to_chars(text.data(), end, number);
      return {text.data(), result.ptr};
    }
    case ValueType::number:
      return std::string(value.text());
    default:
      return value.is_unsigned() ? std::to_string(value.bits)
                                 : std::to_string(static_cast<std::int64_t>(value.bits));
  }
}

void JsonOut::text(std::string_view text) {
  const std::string valid = is_utf8(text) ? std::string(text) : replace_invalid_utf8(text);
  put_string(valid);
}

void JsonOut::put_string(std::string_view text) {
  if (!has_late_controls(text)) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  std::string escaped;
  append_json_string(escaped, text);
  writer_.RawValue(escaped.data(), escaped.size(), rapidjson::kStringType);
}

void JsonOut::name_member(std::string_view name, std::string_view text_value) {
  member(name, text_value);
  if (!is_utf8(text_value)) member(std::string(name) + "_hex", to_hex(bytes_of(text_value)));
}

void JsonOut::value(const Value& value) {
  switch (value.type) {
    case ValueType::string:
      text(value.text());
      return;
    case ValueType::binary:
    case ValueType::extension:
      text(to_hex(bytes_of(value.text())));
      return;
    case ValueType::array:
      begin_array();
      for_each_element(value.array(), [this](const Value& element) {
        this->value(element);
        return true;
      });
      end_array();
      return;
    case ValueType::map:
      begin_object();
      for (const auto& [name, item] : value.map()) {
        key(name.type == ValueType::string ? replace_invalid_utf8(name.text()) : scalar_text(name));
        this->value(item);
      }
      end_object();
      return;
    default:
      break;
  }
  std::string number = scalar_text(value);
  // -0 would be read as the integer 0.
  const bool real = value.type == ValueType::f32 || value.type == ValueType::f64;
  if (real && number.find_first_not_of("-0123456789") == std::string::npos) number += ".0";
  if (number == "nan" || number == "inf" || number == "-inf") {
    text(number);
  } else {
    writer_.RawValue(number.data(), number.size(), rapidjson::kNumberType);
  }
}

}  // namespace aerotool::cli
