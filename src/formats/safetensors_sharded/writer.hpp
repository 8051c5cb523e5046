// Writes safetensors files and their index to a directory: those that a source has recorded, byte for byte,
// else such as the Hugging Face libraries would make.
#pragma once

#include "transfer/plan.hpp"

namespace aerotool::safetensors_sharded {

class ShardedWriter : public SetWriter {
 public:
  WriteOptionList options() const override { return {&write::max_shard_bytes(), &write::components()}; }
  std::unique_ptr<SetDraft> draft(const Plan& plan) const override;
};

}  // namespace aerotool::safetensors_sharded
