// Writes an AERO file: one pass over the sources where the output can be seeked, two where it cannot.
#pragma once

#include "formats/aero/write/options.hpp"
#include "transfer/plan.hpp"

namespace aerotool::aero {

class AeroWriter : public Writer {
 public:
  WriteOptionList options() const override { return write_options(); }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::aero
