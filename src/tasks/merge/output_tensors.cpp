#include "tasks/merge/output_tensors.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "model/float_dtype.hpp"
#include "tasks/request_error.hpp"
#include "transfer/transforms/cast.hpp"

namespace aerotool::tasks {

FloatKind written_kind(const DType& dtype) {
  const auto kind = float_kind(dtype);
  return kind && is_written(*kind) ? *kind : FloatKind::bf16;
}

OutputTensors::OutputTensors(const MergeTask& task, std::vector<ComputedTensor>& computed)
    : task_(task), choices_(task.request.dtypes), computed_(computed) {}

std::optional<FloatKind> OutputTensors::asked_kind(const std::string& name) {
  if (const auto* choice = choices_.of(name)) {
    if (const auto* kind = std::get_if<FloatKind>(&choice->type)) return *kind;
    throw RequestError("--dtype: a merge is not quantized");
  }
  if (task_.recipe.dtype) return float_kind(*task_.recipe.dtype);
  return std::nullopt;
}

PlannedTensor OutputTensors::rounded(const std::string& name, merging::Values values, FloatKind kind,
                                     const Found& place) {
  const Tensor& stored = tensor(place);
  Tensor described;
  described.name = name;
  described.shape = stored.shape;
  described.dtype = dtype_of(kind);
  const auto tally = std::make_shared<CastTally>();
  computed_.push_back({name, std::string(stored.dtype.name()), described.dtype, tally});
  const Overflow overflow = task_.request.strict ? Overflow::refuse : Overflow::clip;
  return computed(std::move(described), cast(std::move(values), {kind, tally, overflow, name}),
                  task_.inputs[place.model].stored(place.tensor));
}

PlannedTensor OutputTensors::copy(const std::string& name, const Found& found) {
  const MergeInput& input = task_.inputs[found.model];
  const Tensor& stored = input.tensor(found.tensor);
  auto kind = asked_kind(name);
  if (!kind && input.is_decoded(found.tensor)) kind = FloatKind::bf16;
  const auto values = kind ? input.values(found.tensor) : nullptr;
  if (values && (dtype_of(*kind) != stored.dtype || input.is_decoded(found.tensor)))
    return rounded(name, values, *kind, found);
  if (name == stored.name) return {&input.model(), found.tensor};
  Tensor described;
  described.name = name;
  described.shape = stored.shape;
  described.dtype = stored.dtype;
  return described_as(input.stored(found.tensor), std::move(described));
}

std::vector<PlannedTensor> OutputTensors::in_order(std::vector<PlannedTensor> planned) const {
  for (const Pattern& pattern : choices_.unused())
    task_.listener.warn("--dtype: no tensor matches '" + escape_controls(pattern.text()) + "'");
  std::ranges::sort(planned, {},
                    [](const PlannedTensor& p) -> const std::string& { return p.tensor().name; });
  return planned;
}

}  // namespace aerotool::tasks
