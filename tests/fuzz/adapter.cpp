// Adapters: a line with an adapter_config.json, a line with metadata as a JSON object, a line for each tensor
// of the adapter and an empty one, the same for its base, and bytes that all tensors have. What is merged can
// be read anywhere, and is the same each time.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "described_model.hpp"
#include "encoding/json/value.hpp"
#include "tasks/merge/adapter/lora_tensors.hpp"
#include "tasks/merge/recipe_checks.hpp"

namespace {

using namespace aerotool;

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

Metadata metadata_of(std::string_view json) {
  Metadata metadata;
  Value value;
  if (read_json(json, kMostMemory, value) || value.type != ValueType::map) return metadata;
  for (const auto& [key, item] : value.map()) {
    if (metadata.find(key.text()) == nullptr) metadata.entries.emplace_back(key.text(), item);
  }
  return metadata;
}

void require_readable(const PlannedTensor& planned) {
  const std::uint64_t size = planned.tensor().size;
  std::vector<std::byte> all(std::min<std::uint64_t>(size, 20'000));
  planned.read(0, all);
  const std::size_t middle = all.size() / 3;
  std::vector<std::byte> part(std::min<std::size_t>(all.size() - middle, 37));
  planned.read(middle, part);
  require(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(middle)));
  planned.read(size - part.size(), part);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  const std::string_view config = fuzz::line_of(text);
  Metadata metadata = metadata_of(fuzz::line_of(text));
  fuzz::DescribedModel adapter(text, std::move(metadata));
  fuzz::DescribedModel base(text);
  adapter.has_bytes(text);
  base.has_bytes(text);
  if (!config.empty()) adapter.has_file("adapter_config.json", config);
  tasks::Recipe recipe;
  recipe.method = tasks::method_named("lora");
  recipe.models = {"base", "adapter"};
  recipe.base = 0;
  recipe.slices.push_back({{{1, 0, 0, {}}}, {}, {}});
  tasks::require_sound(recipe);
  try {
    std::vector<tasks::MergeInput> inputs;
    const auto cache = std::make_shared<quantized::PartCache>();
    inputs.emplace_back(base, tasks::MergeInput::Quantized::apart, cache);
    inputs.emplace_back(adapter, tasks::MergeInput::Quantized::apart, cache);
    std::vector<tasks::ComputedTensor> computed;
    for (const PlannedTensor& planned : tasks::lora_tensors({recipe, inputs, {}, {}}, computed))
      require_readable(planned);
  } catch (const Error&) {  // most are refused
  }
  return 0;
}
