// Writes GGUF files to a directory: the parts that a source has recorded, byte for byte; else one file, or
// parts of a size.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::gguf_split {

class SplitWriter : public SetWriter {
 public:
  WriteOptionList options() const override {
    return {&write::max_shard_bytes(), &write::align(), &write::components()};
  }
  std::unique_ptr<SetDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::gguf_split
