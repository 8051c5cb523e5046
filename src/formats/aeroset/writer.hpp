// Writes an AEROSET (design.md, "pack-set"): a first pass over the sources hashes the tensors, a second one
// writes each part front to back and hashes the file as it leaves.
#pragma once

#include "model/plan.hpp"

namespace aerotool::aeroset {

class AerosetWriter final : public SetWriter {
 public:
  HeededOptions heeds() const override {
    return {.max_shard_bytes = true, .align = true, .integrity = true, .parts = true};
  }
  PlanSummary preview(const Plan& plan) const override;
  SetResult write(const Plan& plan, const std::string& directory, io::Progress* progress) const override;
};

}  // namespace aerotool::aeroset
