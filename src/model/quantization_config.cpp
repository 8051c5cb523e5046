#include "model/quantization_config.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kModelOptConfig = "hf_quant_config.json";

Value parsed(std::string_view text, std::string_view file) {
  return text.empty() ? Value() : json_of_file(text, std::string(file));
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// What config.json says: of the model, or of the part of it that is a language model.
const Value* said_in(const Value& config) {
  const Value* const text_config = config.find("text_config");
  for (const Value* map : {&config, text_config}) {
    if (map == nullptr) continue;
    for (const std::string_view key : {"quantization_config", "compression_config"}) {
      if (says(*map, key)) return map->find(key);
    }
  }
  return nullptr;
}

void require_map(const Value& said, std::string_view file) {
  if (said.type == ValueType::map) return;
  throw CorruptError({std::string(file), {}, {}}, "what it says of quantization is no object");
}

}  // namespace

QuantizationConfig quantization_config(std::string_view config_json, std::string_view hf_quant_config_json) {
  QuantizationConfig config;
  const Value root = parsed(config_json, kConfig);
  const Value model_opt = parsed(hf_quant_config_json, kModelOptConfig);
  if (const Value* const said = said_in(root)) {
    require_map(*said, kConfig);
    const auto method = text_at(*said, "quant_method");
    if (!method || method->empty())
      throw CorruptError({std::string(kConfig), {}, {}}, "quantization_config has no quant_method");
    config.method_ = in_lower_case(*method);
    config.file_ = kConfig;
    config.said_ = *said;
  }
  if (says(model_opt, "quantization")) {
    const Value& said = *model_opt.find("quantization");
    require_map(said, kModelOptConfig);
    if (config.says_anything()) {
      config.besides_ = said;
    } else {
      config.method_ = "modelopt";
      config.file_ = kModelOptConfig;
      config.said_ = said;
    }
  }
  return config;
}

std::optional<std::uint64_t> unsigned_at(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  if (value == nullptr || !value->is_unsigned()) return std::nullopt;
  return value->bits;
}

std::optional<double> number_of(const Value& value) {
  if (value.is_integer() || value.type == ValueType::f64) return value.as_double();
  if (value.type != ValueType::number) return std::nullopt;
  double number = 0;
  const std::string_view text = value.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<double> number_at(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  return value == nullptr ? std::nullopt : number_of(*value);
}

std::optional<std::string_view> text_at(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  if (value == nullptr || value->type != ValueType::string) return std::nullopt;
  return value->text();
}

std::optional<bool> boolean_at(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  if (value == nullptr || value->type != ValueType::boolean) return std::nullopt;
  return value->bits != 0;
}

std::optional<std::vector<std::uint64_t>> unsigned_list_at(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  if (value == nullptr || value->type != ValueType::array) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  bool all = true;
  for_each_element(value->array(), [&](const Value& element) {
    all = element.is_unsigned();
    if (all) numbers.push_back(element.bits);
    return all;
  });
  return all ? std::optional(std::move(numbers)) : std::nullopt;
}

bool says(const Value& map, std::string_view key) {
  const Value* const value = map.find(key);
  return value != nullptr && value->type != ValueType::null;
}

}  // namespace aerotool
