#include "cli/values.hpp"

#include <cstdint>

#include "core/text.hpp"

namespace aerotool::cli {
namespace {

std::string quoted(std::string text) {
  for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2))
    text.insert(at, 1, '\\');
  return '"' + text + '"';
}

/// "value_hex" beside text that is not UTF-8; for an array the elements that are not, by index.
void add_hex(const Value& value, JsonOut& json) {
  if (value.type == ValueType::string && !is_utf8(value.text())) {
    json.member("value_hex", to_hex(bytes_of(value.text())));
  }
  if (value.type != ValueType::array || value.array().element != ValueType::string) return;
  std::uint64_t index = 0;
  bool any = false;
  for_each_element(value.array(), [&](const Value& element) {
    if (!is_utf8(element.text())) {
      if (!any) {
        json.key("value_hex");
        json.begin_object();
      }
      any = true;
      json.member(std::to_string(index), to_hex(bytes_of(element.text())));
    }
    ++index;
    return true;
  });
  if (any) json.end_object();
}

}  // namespace

std::string type_text(const Value& value) {
  if (value.type != ValueType::array) return std::string(name_of(value.type));
  return std::string(name_of(value.array().element)) + "[" + std::to_string(value.array().count) + "]";
}

std::string value_text(const Value& value, bool shorten) {
  constexpr std::size_t kMaxText = 200;
  constexpr std::uint64_t kMaxElements = 8;
  switch (value.type) {
    case ValueType::string: {
      std::string text = escape_controls(value.text());
      if (!shorten || text.size() <= kMaxText) return text;
      return escape_controls(value.text().substr(0, kMaxText)) + "... (" +
             with_thousands(value.text().size()) + " bytes)";
    }
    case ValueType::binary:
    case ValueType::extension:
      return with_thousands(value.text().size()) + " bytes";
    case ValueType::array: {
      std::string text = "[";
      std::uint64_t shown = 0;
      for_each_element(value.array(), [&](const Value& element) {
        if (shorten && shown == kMaxElements) return false;
        if (shown != 0) text += ", ";
        const std::string inner = value_text(element, shorten);
        text += element.type == ValueType::string ? quoted(inner) : inner;
        ++shown;
        return true;
      });
      if (shown < value.array().count) text += ", ... (" + with_thousands(value.array().count) + " elements)";
      return text + "]";
    }
    case ValueType::map: {
      std::string text = "{";
      for (const auto& [key, item] : value.map()) {
        if (text.size() > 1) text += ", ";
        text += value_text(key, shorten) + ": " + value_text(item, shorten);
      }
      return text + "}";
    }
    default:
      return scalar_text(value);
  }
}

void add_value_members(const Value& value, JsonOut& json) {
  json.member("type", value.type == ValueType::array ? "array" : name_of(value.type));
  if (value.type == ValueType::array) json.member("element_type", name_of(value.array().element));
  json.key("value");
  json.value(value);
  add_hex(value, json);
}

}  // namespace aerotool::cli
