// Writes an AEROSET (src/BEHAVIOUR.md, "pack-set"): a first pass over the sources hashes the tensors, a
// second one writes each part front to back and hashes the file as it leaves.
#pragma once

#include "formats/aeroset/options.hpp"
#include "transfer/plan.hpp"

namespace aerotool::aeroset {

class AerosetWriter final : public SetWriter {
 public:
  WriteOptionList options() const override { return write_options(); }
  std::unique_ptr<SetDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::aeroset
