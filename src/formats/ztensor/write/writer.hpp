// Writes zTensor, version 2.
#pragma once

#include <memory>

#include "formats/ztensor/write/content.hpp"
#include "transfer/plan.hpp"

namespace aerotool::ztensor {

/// A file that restores the source, where `content` says that it does. The plan outlives it.
std::unique_ptr<FileDraft> draft_of_content(const Plan& plan, Content content);

class ZTensorWriter final : public Writer {
 public:
  WriteOptionList options() const override;
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::ztensor
