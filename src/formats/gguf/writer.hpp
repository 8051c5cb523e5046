// Writes a GGUF file: as ggml does, and a source that was one byte for byte.
#pragma once

#include "model/plan.hpp"

namespace aerotool::gguf {

class GgufWriter : public Writer {
 public:
  HeededOptions heeds() const override {
    return {.max_shard_bytes = false, .align = true, .integrity = false};
  }
  std::vector<std::string> losses(const Plan& plan) const override;
  PlanSummary preview(const Plan& plan) const override;
  void write(const Plan& plan, io::Output& output, io::Progress* progress) const override;
};

}  // namespace aerotool::gguf
