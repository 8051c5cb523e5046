// A merge's configuration: YAML from nobody knows where. What is understood is rendered as JSON for the
// output's metadata; read again, with the models as operands, that says the same.
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/error.hpp"
#include "scratch.hpp"
#include "tasks/merge/config.hpp"

namespace {

using namespace aerotool;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_sound(const tasks::Recipe& recipe) {
  require(recipe.method != nullptr && !recipe.slices.empty());
  const auto require_source = [&](const tasks::SliceSource& source) {
    require(source.model < recipe.models.size());
    if (recipe.sliced) require(source.from < source.to);
    for (const auto& [name, setting] : source.parameters) {
      const auto value = setting.of({"model.layers.0.mlp.up_proj.weight", 0.5});
      require(!value || std::isfinite(*value));
    }
  };
  for (const tasks::Slice& slice : recipe.slices) {
    for (const tasks::SliceSource& source : slice.sources) require_source(source);
    if (slice.base) require_source(*slice.base);
  }
  if (recipe.base) require(*recipe.base < recipe.models.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "config.yml");
  file.set(std::as_bytes(std::span(data, size)));
  tasks::MergeRequest request;
  request.config = file.path();
  std::optional<tasks::Recipe> recipe;
  try {
    recipe = tasks::recipe_of_config(request);
  } catch (const Error&) {
    return 0;
  }
  require_sound(*recipe);
  file.set(bytes_of(recipe->text));
  request.models = recipe->models;
  const tasks::Recipe again = tasks::recipe_of_config(request);
  require_sound(again);
  require(again.text == recipe->text && again.models == recipe->models && again.method == recipe->method);
  return 0;
}
