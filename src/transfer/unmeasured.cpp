#include "transfer/unmeasured.hpp"

#include <string>

#include "model/ggml_dtype.hpp"

namespace aerotool {

bool refuse_unmeasured(const PlannedTensor& planned, Refusals& refusals) {
  const DType& dtype = planned.tensor().dtype;
  if (!is_unmeasured(dtype)) return false;
  const std::string name(dtype.name());
  refusals.add(planned, name + ", whose size is not known",
               "is of " + name +
                   ", whose size is not known: the distance to the next tensor is no proof; "
                   "--exclude leaves it out");
  return true;
}

void require_measured(const Plan& plan, std::string_view format) {
  Refusals refusals(format);
  for (const PlannedTensor& planned : plan.tensors) refuse_unmeasured(planned, refusals);
  refusals.require_none(plan);
}

}  // namespace aerotool
