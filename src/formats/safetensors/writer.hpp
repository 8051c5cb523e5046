// Writes a safetensors file: as the reference library does, and a source that was one byte for byte.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::safetensors {

class SafetensorsWriter : public Writer {
 public:
  WriteOptionList options() const override { return {&write::components()}; }
  std::unique_ptr<FileDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::safetensors
