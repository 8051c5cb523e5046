// Writes a model to zTensor files of version 2 in a directory: to a root and its shards, or to one file where
// all fits in one.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::ztensor {

class ZTensorSetWriter final : public SetWriter {
 public:
  WriteOptionList options() const override;
  std::unique_ptr<SetDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::ztensor
