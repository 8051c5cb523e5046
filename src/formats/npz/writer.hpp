// Writes a model as a NumPy archive: its tensors as arrays, stored, each aligned.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::npz {

class NpzWriter final : public Writer {
 public:
  WriteOptionList options() const override { return {&write::components()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::npz
