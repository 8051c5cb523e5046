#include "model/index_text.hpp"

#include <algorithm>

#include "encoding/json/text.hpp"

namespace aerotool {

std::string index_text(IndexMetadata metadata, std::uint64_t total, WeightMap files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  metadata.emplace_back("total_size", std::to_string(total));
  std::sort(metadata.begin(), metadata.end());
  constexpr const char* kFirst = "\n    ";
  constexpr const char* kNext = ",\n    ";
  std::string json = "{\n  \"metadata\": {";
  const char* separator = kFirst;
  for (const auto& [key, value] : metadata) {
    json += std::exchange(separator, kNext);
    append_json_string(json, key);
    json += ": " + value;
  }
  json += "\n  },\n  \"weight_map\": {";
  separator = kFirst;
  for (const auto& [tensor, file] : files) {
    json += std::exchange(separator, kNext);
    append_json_string(json, tensor);
    json += ": ";
    append_json_string(json, file);
  }
  return json + "\n  }\n}\n";
}

}  // namespace aerotool
