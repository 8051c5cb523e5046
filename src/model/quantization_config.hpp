// What the files beside a model say of how its weights are quantized, as the libraries that wrote them say
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"

namespace aerotool {

/// src/formats/safetensors/QUANTIZATION.md, "The configuration".
class QuantizationConfig {
 public:
  QuantizationConfig() = default;

  /// Whether anything is said.
  bool says_anything() const { return said_.type == ValueType::map; }
  /// "fp8", "compressed-tensors", ... in lower case; empty where nothing is said.
  const std::string& method() const { return method_; }
  /// The file that says it, for messages.
  const std::string& file() const { return file_; }
  /// What is said, as a map.
  const Value& said() const { return said_; }
  /// What hf_quant_config.json says beside config.json, as a map; null where one of them says nothing.
  const Value& said_besides() const { return besides_; }

 private:
  friend QuantizationConfig quantization_config(std::string_view config_json,
                                                std::string_view hf_quant_config_json);
  std::string method_;
  std::string file_;
  Value said_;
  Value besides_;
};

/// Of the texts of the two files, each of which may be empty. Throws CorruptError where one is not JSON, or
/// what it says of quantization is no object, or has no method.
QuantizationConfig quantization_config(std::string_view config_json, std::string_view hf_quant_config_json);

/// Of a number in JSON; nothing for another value.
std::optional<double> number_of(const Value& value);
/// A member of a map, where it is of that type.
std::optional<std::uint64_t> unsigned_at(const Value& map, std::string_view key);
std::optional<double> number_at(const Value& map, std::string_view key);
std::optional<std::string_view> text_at(const Value& map, std::string_view key);
std::optional<bool> boolean_at(const Value& map, std::string_view key);
std::optional<std::vector<std::uint64_t>> unsigned_list_at(const Value& map, std::string_view key);
/// Whether the map has it, and it is not null.
bool says(const Value& map, std::string_view key);

}  // namespace aerotool
