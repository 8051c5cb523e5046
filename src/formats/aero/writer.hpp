// Writes an AERO file: one pass over the sources where the output can be seeked, two where it cannot.
#pragma once

#include "model/plan.hpp"

namespace aerotool::aero {

class AeroWriter : public Writer {
 public:
  PlanSummary preview(const Plan& plan) const override;
  void write(const Plan& plan, io::Output& output, io::Progress* progress) const override;
};

}  // namespace aerotool::aero
