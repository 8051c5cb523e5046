#include "tasks/merge/merge.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "io/identity.hpp"
#include "tasks/convert/file_type.hpp"
#include "tasks/convert/name_of_input.hpp"
#include "tasks/convert/quantization_beside.hpp"
#include "tasks/merge/adapter/lora_tensors.hpp"
#include "tasks/merge/config.hpp"
#include "tasks/merge/merge_input.hpp"
#include "tasks/merge/merge_tensors.hpp"
#include "tasks/merge/provenance.hpp"
#include "tasks/merge/recipe_of_request.hpp"
#include "tasks/merge/stacked.hpp"
#include "tasks/merge/unmatched.hpp"
#include "tasks/open.hpp"
#include "tasks/request_error.hpp"
#include "transfer/carried.hpp"

namespace aerotool::tasks {
namespace {

/// The model whose metadata and side files are carried.
std::size_t first_of(const Recipe& recipe) {
  return recipe.base.value_or(recipe.slices.front().sources.front().model);
}

void plan_side_files(const Model& model, const MergeRequest& request, const Listener& listener, Plan& plan) {
  SideFiles found = model.side_files(request.target.path);
  for (const std::string& line : found.left_out)
    listener.warn("not kept: " + escape_controls(model.path()) + ": " + line);
  require_sound(found.files, {}, model.path());
  plan.side_files = std::move(found.files);
}

/// The recipe is nothing that the output may take the place of, as no input is.
void require_other_than_config(const MergeRequest& request) {
  if (!request.config || request.target.path == "-") return;
  const auto output = io::identity_at(request.target.path);
  if (output && output == io::identity_at(*request.config))
    throw RequestError({request.target.path, {}, {}}, "is the file of --config; name another output");
}

/// What only AERO's files carry describes one of the models, and not what is made of them. It is held to its
/// hashes all the same. Writers of other formats tell of it themselves.
void tell_of_own_content(const Plan& plan, const Target& target, const Listener& listener) {
  if (target.format != "aero" && target.format != "aeroset") return;
  for (const std::string& line : lost_own_content(plan, false)) listener.warn("not kept: " + line);
}

ConvertRequest conversion_of(const MergeRequest& request) {
  ConvertRequest conversion;
  conversion.target = request.target;
  conversion.force = request.force;
  return conversion;
}

/// Whether no number is changed.
bool copies_alone(const Recipe& recipe, const MergeRequest& request) {
  if (!request.dtypes.empty() || recipe.dtype) return false;
  const auto has_none = [](const Parameters& parameters) { return parameters.empty(); };
  return recipe.method->name == "passthrough" && has_none(recipe.parameters) &&
         std::ranges::all_of(recipe.slices, [&](const Slice& slice) {
           return has_none(slice.parameters) &&
                  std::ranges::all_of(slice.sources, has_none, &SliceSource::parameters);
         });
}

std::uint64_t layers_of(const Recipe& recipe) {
  std::uint64_t layers = 0;
  for (const Slice& slice : recipe.slices) layers += slice.sources.front().to - slice.sources.front().from;
  return layers;
}

/// Whether metadata can be filled in after the weights (Plan::fill_in_texts). For sets whose parts are whole
/// one by one the inputs are hashed by a read of their own.
bool makes_texts_late(const Target& target) {
  return target.writer != nullptr || target.format == "safetensors" || target.format == "gguf";
}

}  // namespace

std::unique_ptr<Conversion> plan_merge(const MergeRequest& request, const Listener& listener) {
  require_other_than_config(request);
  const Recipe recipe = request.config ? recipe_of_config(request) : recipe_of_request(request);
  Sources sources;
  std::vector<MergeInput> inputs;
  const auto cache = std::make_shared<quantized::PartCache>(recipe.models.size());
  std::vector<HashedModel*> models;
  for (const std::string& path : recipe.models) {
    auto model = std::make_unique<HashedModel>(open(path, request.read, listener));
    models.push_back(model.get());
    sources.models.push_back(std::move(model));
    inputs.emplace_back(
        *models.back(),
        copies_alone(recipe, request) ? MergeInput::Quantized::apart : MergeInput::Quantized::decoded, cache);
  }
  Plan& plan = sources.plan;
  const std::size_t first = first_of(recipe);
  plan.models.assign(models.begin(), models.end());
  const auto carried = plan.models.begin() + static_cast<std::ptrdiff_t>(first);
  std::rotate(plan.models.begin(), carried, carried + 1);
  const MergeTask task{recipe, inputs, request, listener};
  plan.tensors = recipe.method->make != nullptr ? merge_tensors(task, sources.computed)
                                                : lora_tensors(task, sources.computed);
  if (plan.tensors.empty()) throw RequestError({recipe.models[first], {}, {}}, "holds no tensor to merge");
  warn_of_unmatched_parameters(recipe, request, plan.tensors, listener);
  plan.name_of_input = name_of_input(recipe.models[first]);
  plan.edits.name = request.name;
  plan.edits.architecture = request.architecture;
  plan.edits.selected = true;  // nothing of a source's layout holds
  plan.options = request.options;
  plan.jobs = request.jobs;
  tell_of_own_content(plan, request.target, listener);
  if (request.side_files) plan_side_files(*models[first], request, listener, plan);
  if (inputs[first].has_decoded()) drop_quantization(plan.side_files);
  if (!sources.computed.empty()) plan_file_type(plan);
  if (recipe.sliced) plan_layer_count(layers_of(recipe), listener, plan);
  auto fill_in = plan_provenance(recipe, std::move(models), plan);
  if (makes_texts_late(request.target)) {
    plan.fill_in_texts = std::move(fill_in);
  } else if (!request.dry_run) {
    listener.follow("hashing the inputs", [&](io::Progress*) { fill_in(); });
  }
  return std::make_unique<Conversion>(conversion_of(request), std::move(sources), listener);
}

}  // namespace aerotool::tasks
