// What only reading the bytes of a checkpoint shows: CRC-32s, deflated data, values.
#pragma once

#include <vector>

#include "formats/torch/tensor_reader.hpp"
#include "io/input.hpp"
#include "model/model.hpp"

namespace aerotool::torch {

struct CheckedCheckpoint {
  const io::Input& input;
  const CheckpointFile& file;
  const std::vector<Tensor>& tensors;
  const StoredTensors& stored;
  const TensorReader& reader;
};

/// One read over every member of an archive that can be read, and one over the tensors where their values are
/// asked for.
void check_data(const CheckedCheckpoint& checked, const CheckOptions& options, Report& report);

}  // namespace aerotool::torch
