// Writes a GGUF file: as ggml does, and a source that was one byte for byte.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::gguf {

class GgufWriter : public Writer {
 public:
  SupportedOptions supports() const override {
    return {.max_shard_bytes = false, .align = true, .integrity = false};
  }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::gguf
