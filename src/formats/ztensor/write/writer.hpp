// Writes zTensor, version 2.
#pragma once

#include <memory>

#include "transfer/plan.hpp"

namespace aerotool::ztensor {

class ZTensorWriter final : public Writer {
 public:
  WriteOptionList options() const override;
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::ztensor
