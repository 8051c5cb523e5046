#include "formats/aero/write/model_json.hpp"

#include <algorithm>

#include "codecs/small_types.hpp"
#include "encoding/json/text.hpp"
#include "encoding/json/value.hpp"

namespace aerotool::aero {

namespace {

void append_json(std::string& out, const Value& value) {
  switch (value.type) {
    case ValueType::null:
      out += "null";
      return;
    case ValueType::boolean:
      out += value.bits != 0 ? "true" : "false";
      return;
    case ValueType::string:
    case ValueType::binary:
    case ValueType::extension:
      append_json_string(out, value.text());
      return;
    case ValueType::f32:
    case ValueType::f64:
      out += json_number(value.as_double());
      return;
    case ValueType::number:
      out += value.text();
      return;
    case ValueType::array: {
      out += '[';
      bool first = true;
      for_each_element(value.array(), [&](const Value& element) {
        if (!first) out += ',';
        first = false;
        append_json(out, element);
        return true;
      });
      out += ']';
      return;
    }
    case ValueType::map: {
      std::vector<const std::pair<Value, Value>*> items;
      for (const auto& item : value.map()) items.push_back(&item);
      std::sort(items.begin(), items.end(),
                [](const auto* a, const auto* b) { return a->first.text() < b->first.text(); });
      out += '{';
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out += ',';
        append_json_string(out, items[i]->first.text());
        out += ':';
        append_json(out, items[i]->second);
      }
      out += '}';
      return;
    }
    default:
      out += value.is_unsigned() ? std::to_string(value.bits)
                                 : std::to_string(static_cast<std::int64_t>(value.bits));
  }
}

Value key_of(std::string_view text) {
  return Value::string(std::string(text));
}

}  // namespace

std::string render_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

Value model_json(const std::string& name, const std::string& architecture, const std::string& source_format,
                 const std::vector<const PackedType*>& packed_types, const MapItems& others) {
  MapItems members = {{key_of("architecture"), Value::string(architecture)},
                      {key_of("model_name"), Value::string(name)}};
  if (!source_format.empty()) members.emplace_back(key_of("source_format"), Value::string(source_format));
  if (!packed_types.empty()) {
    std::vector<Value> descriptors;
    for (std::size_t id = 0; id < packed_types.size(); ++id) {
      const PackedType& type = *packed_types[id];
      Value params = type.params;
      if (type.number) {
        params = Value::map({{key_of("ggml_type"), Value::u64(*type.number)}});
      } else if (type.codec == small_types::kCodec) {
        params = Value::map({{key_of("dtype"), Value::string(type.name)}});
      }
      descriptors.push_back(Value::map({{key_of("codec"), Value::string(type.codec)},
                                        {key_of("id"), Value::u64(id)},
                                        {key_of("params"), std::move(params)},
                                        {key_of("quant_name"), Value::string(type.name)}}));
    }
    members.emplace_back(key_of("quant_descriptors"), Value::list(std::move(descriptors)));
  }
  for (const auto& other : others) {
    const bool known = std::any_of(members.begin(), members.end(), [&](const auto& member) {
      return member.first.text() == other.first.text();
    });
    if (!known) members.push_back(other);
  }
  return Value::map(std::move(members));
}

}  // namespace aerotool::aero
