// The manifest of a model of ollama, which names its layers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool::hub {

struct OllamaLayer {
  std::string media_type;
  std::string digest;
  std::optional<std::uint64_t> size;
};

/// The layers in the order of the manifest; none where the text is not the JSON of a manifest (schemaVersion
/// 2 with layers). What the members hold is not checked.
std::optional<std::vector<OllamaLayer>> read_ollama_manifest(std::string_view text);

}  // namespace aerotool::hub
