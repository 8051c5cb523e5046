// Writes a model as a PyTorch checkpoint: a dict of tensors that torch.load(weights_only=True) reads.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::torch {

class TorchWriter final : public Writer {
 public:
  WriteOptionList options() const override { return {&write::components()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::torch
