#include "tasks/convert/sources.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/convert/file_type.hpp"
#include "tasks/convert/input_sets.hpp"
#include "tasks/convert/metadata_edits.hpp"
#include "tasks/convert/name_of_input.hpp"
#include "tasks/convert/other_metadata.hpp"
#include "tasks/convert/quantization_beside.hpp"
#include "tasks/convert/rename.hpp"
#include "tasks/convert/side_files.hpp"
#include "tasks/merge/adapter/adapter_key.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

/// Patterns, and which of them have matched a name.
class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& texts)
      : patterns_(patterns(texts)), used_(patterns_.size()) {}

  bool empty() const { return patterns_.empty(); }
  bool matches(const std::string& name) {
    bool any = false;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if ((any && used_[i]) || !patterns_[i].matches(name)) continue;
      any = used_[i] = true;
    }
    return any;
  }
  std::vector<Pattern> unused() const {
    std::vector<Pattern> unused;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (!used_[i]) unused.push_back(patterns_[i]);
    }
    return unused;
  }

 private:
  std::vector<Pattern> patterns_;
  std::vector<bool> used_;
};

void select_tensors(const ConvertRequest& request, const Listener& listener, Sources& sources) {
  Patterns include(request.include);
  Patterns exclude(request.exclude);
  auto& tensors = sources.plan.tensors;
  bool any = false;
  for (const auto& model : sources.models) {
    const ObjectsOfTensors objects(model->objects(), model->tensors().size());
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const std::string& name = model->tensors()[i].name;
      any = true;
      // The name of an object means all of its parts.
      const auto matches = [&](Patterns& patterns) {
        const Object* const object = objects.of(i);
        const bool itself = patterns.matches(name);
        return (object != nullptr && patterns.matches(object->name)) || itself;
      };
      const bool excluded = matches(exclude);
      const bool included = include.empty() || matches(include);
      if (included && !excluded) tensors.push_back({model.get(), i});
    }
    for (const UnreadTensor& unread : model->unread()) {
      const bool excluded = exclude.matches(unread.name);
      const bool included = include.empty() || include.matches(unread.name);
      if (!included || excluded) continue;
      throw UnsupportedError({model->path(), {}, shortened(unread.name)},
                             unread.why + "; --exclude leaves it out");
    }
  }
  const auto unmatched = [&](const char* option, const Pattern& pattern) {
    return std::string(option) + ": " + no_match(sources.plan.models, {pattern});
  };
  for (const Pattern& pattern : include.unused()) throw RequestError(unmatched("--include", pattern));
  for (const Pattern& pattern : exclude.unused()) listener.warn(unmatched("--exclude", pattern));
  if (any && tensors.empty()) throw RequestError("--include and --exclude leave no tensor");
  const auto by_name = [](const PlannedTensor& a, const PlannedTensor& b) {
    return a.tensor().name < b.tensor().name;
  };
  // Most files have them in this order.
  if (!std::is_sorted(tensors.begin(), tensors.end(), by_name))
    std::sort(tensors.begin(), tensors.end(), by_name);
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i - 1].tensor().name != tensors[i].tensor().name) continue;
    throw RequestError({{}, {}, tensors[i].tensor().name},
                       "is in both " + escape_controls(tensors[i - 1].model->path()) + " and " +
                           escape_controls(tensors[i].model->path()));
  }
  sources.plan.edits.selected = !include.empty() || !exclude.empty();
}

/// Who puts an adapter beside its base may have meant to merge them.
void tell_of_adapters(const Sources& sources, const Listener& listener) {
  if (sources.models.size() < 2) return;
  std::vector<const Model*> adapters;
  for (const Model* model : sources.plan.models) {
    const auto is_part = [](const Tensor& tensor) { return is_part_of_adapter(tensor.name); };
    if (std::ranges::any_of(model->tensors(), is_part)) adapters.push_back(model);
  }
  if (adapters.empty() || adapters.size() == sources.models.size()) return;
  listener.warn(escape_controls(adapters.front()->path()) +
                ": its adapter (LoRA) is put beside the other tensors, not merged into them; see "
                "'aerotool merge --method lora'");
}

}  // namespace

Sources open_sources(const ConvertRequest& request, const Listener& listener) {
  Sources sources;
  const NamedParts parts(request.inputs);
  for (const std::string& input : request.inputs) {
    // A duplicate that is planned is refused, and another one does not matter.
    std::vector<Code> untold = {Code::duplicate};
    if (parts.whole(input)) untold.push_back(Code::part_alone);
    sources.models.push_back(open(input, request.read, listener, untold));
    sources.plan.models.push_back(sources.models.back().get());
  }
  tell_of_adapters(sources, listener);
  sources.plan.name_of_input = name_of_input(request.inputs.front());
  select_tensors(request, listener, sources);
  require_copyable(sources.plan);
  sources.computed = compute_tensors(request, listener, sources.plan);
  rename_tensors(request.renames, listener, sources.plan);
  if (request.side_files) plan_side_files(request, listener, sources);
  if (std::ranges::any_of(sources.computed, &ComputedTensor::of_several))
    drop_quantization(sources.plan.side_files);
  sources.plan.edits.name = request.name;
  sources.plan.edits.architecture = request.architecture;
  sources.plan.options = request.options;
  plan_metadata_edits(request.set, request.unset, listener, sources.plan);
  if (!sources.computed.empty()) plan_file_type(sources.plan);
  sources.plan.jobs = request.jobs;
  const std::string lost = metadata_not_kept(sources.plan.models);
  if (!lost.empty()) listener.warn(lost);
  return sources;
}

}  // namespace aerotool::tasks
