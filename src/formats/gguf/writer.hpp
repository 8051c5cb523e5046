// Writes a GGUF file: as ggml does, and a source that was one byte for byte.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::gguf {

class GgufWriter : public Writer {
 public:
  WriteOptionList options() const override { return {&write::align(), &write::components()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::gguf
