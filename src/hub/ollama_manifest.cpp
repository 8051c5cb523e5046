#include "hub/ollama_manifest.hpp"

#include "encoding/json/reader.hpp"

namespace aerotool::hub {
namespace {

constexpr std::uint64_t kSchemaVersion = 2;

class Handler {
 public:
  std::string problem;  // what parse_json asks for; nothing here stops it
  std::vector<OllamaLayer> layers;
  bool has_layers = false;
  bool right_version = false;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view digits) {
    if (depth_ == kDocument && key_ == "schemaVersion")
      right_version = json_unsigned(digits) == kSchemaVersion;
    if (in_layer() && key_ == "size") layers.back().size = json_unsigned(digits);
    return true;
  }
  bool string(std::string_view text) {
    if (in_layer() && key_ == "mediaType") layers.back().media_type = text;
    if (in_layer() && key_ == "digest") layers.back().digest = text;
    return true;
  }
  bool key(std::string_view text) {
    if (depth_ == kDocument || depth_ == kLayer) key_ = text;
    return true;
  }
  bool start_object() {
    ++depth_;
    if (in_layer()) layers.emplace_back();
    return true;
  }
  bool end_object() { return close(); }
  bool start_array() {
    if (depth_ == kDocument && key_ == "layers") has_layers = in_layers_ = true;
    ++depth_;
    return true;
  }
  bool end_array() {
    if (depth_ == kLayers) in_layers_ = false;
    return close();
  }

 private:
  // How many objects and arrays are open in each of them.
  static constexpr std::size_t kDocument = 1;
  static constexpr std::size_t kLayers = 2;
  static constexpr std::size_t kLayer = 3;

  bool in_layer() const { return in_layers_ && depth_ == kLayer; }
  bool close() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  bool in_layers_ = false;
  std::string key_;
};

}  // namespace

std::optional<std::vector<OllamaLayer>> read_ollama_manifest(std::string_view text) {
  Handler handler;
  if (parse_json(text, handler) || !handler.right_version || !handler.has_layers) return std::nullopt;
  return std::move(handler.layers);
}

}  // namespace aerotool::hub
