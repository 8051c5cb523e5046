// Writes an AERO file: one pass over the sources where the output can be seeked, two where it cannot.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::aero {

class AeroWriter : public Writer {
 public:
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::aero
