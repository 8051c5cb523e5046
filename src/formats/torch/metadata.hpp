// What of a checkpoint is no tensor, as typed values: epochs, arguments, configurations
// (src/formats/torch/FORMAT.md, "Metadata").
#pragma once

#include <cstdint>

#include "formats/torch/pickled.hpp"
#include "model/metadata.hpp"

namespace aerotool::torch {

struct CheckpointMetadata {
  Metadata metadata;
  bool is_cut = false;  ///< more than is held was there
};

/// By the keys of the root. What holds tensors alone is left out.
CheckpointMetadata metadata_of(const Pickled& pickled);

}  // namespace aerotool::torch
