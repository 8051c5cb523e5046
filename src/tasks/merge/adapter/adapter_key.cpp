#include "tasks/merge/adapter/adapter_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.hpp"

namespace aerotool::tasks {
namespace {

struct Ending {
  std::string_view text;
  AdapterPart part;
};

constexpr std::array<Ending, 17> kEndings = {{
    {".lora_A.weight", AdapterPart::down},
    {".lora_B.weight", AdapterPart::up},
    {".lora_A.default.weight", AdapterPart::down},
    {".lora_B.default.weight", AdapterPart::up},
    {".lora_embedding_A", AdapterPart::embedding_down},
    {".lora_embedding_B", AdapterPart::embedding_up},
    {".lora_down.weight", AdapterPart::down},
    {".lora_up.weight", AdapterPart::up},
    {".lora.down.weight", AdapterPart::down},
    {".lora.up.weight", AdapterPart::up},
    {".lora_linear_layer.down.weight", AdapterPart::down},
    {".lora_linear_layer.up.weight", AdapterPart::up},
    {".weight.lora_a", AdapterPart::down},
    {".weight.lora_b", AdapterPart::up},
    {".alpha", AdapterPart::alpha},
    {".lora_embedding_A.default", AdapterPart::embedding_down},
    {".lora_embedding_B.default", AdapterPart::embedding_up},
}};

/// Parts of names, and the adapters that have them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOthers = {{
    {".lora_magnitude_vector", "DoRA"},
    {".dora_scale", "DoRA"},
    {".hada_", "LoHa"},
    {".lokr_", "LoKr"},
    {".lora_mid.", "LoCon with a Tucker decomposition"},
    {".oft_", "OFT"},
    {".boft_", "BOFT"},
    {".lora_B.bias", "LoRA with a bias"},
    {".trainable_tokens_", "trained tokens"},
    {".vera_lambda_", "VeRA"},
    {".ia3_", "IA3"},
}};

constexpr std::array<std::string_view, 3> kDifferences = {".diff", ".diff_b", ".diff_m"};

[[noreturn]] void refuse(std::string_view name, const std::string& path, std::string_view kind) {
  throw UnsupportedError({path, {}, std::string(name)}, "belongs to an adapter of another kind (" +
                                                            std::string(kind) + "), which is not merged");
}

}  // namespace

bool is_part_of_adapter(std::string_view name) {
  return std::ranges::any_of(kEndings, [&](const Ending& ending) {
    return ending.part != AdapterPart::alpha && name.ends_with(ending.text);
  });
}

AdapterKey adapter_key(std::string_view name, const std::string& path) {
  for (const auto& [part, kind] : kOthers) {
    if (name.find(part) != std::string_view::npos) refuse(name, path, kind);
  }
  for (const std::string_view ending : kDifferences) {
    if (name.ends_with(ending)) refuse(name, path, "whole differences");
  }
  for (const Ending& ending : kEndings) {
    if (!name.ends_with(ending.text) || name.size() == ending.text.size()) continue;
    AdapterKey key{ending.part, std::string(name.substr(0, name.size() - ending.text.size())), false};
    key.underscored = key.module.starts_with("lora_") && key.module.find('.') == std::string::npos;
    return key;
  }
  return {AdapterPart::whole, std::string(name), false};
}

}  // namespace aerotool::tasks
