// Writes zTensor, version 1.2.
#pragma once

#include <memory>

#include "transfer/plan.hpp"

namespace aerotool::ztensor {

class ZTensor1Writer final : public Writer {
 public:
  WriteOptionList options() const override { return {&write::tensor_hash(), &write::compress()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::ztensor
