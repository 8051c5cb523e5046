// Writes the only tensor of a model as a .npy file.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::npy {

class NpyWriter final : public Writer {
 public:
  WriteOptionList options() const override { return {&write::components()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::npy
