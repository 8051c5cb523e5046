// A file that is a head, one run of blobs, and an end that may hold hashes of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "io/output.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::ztensor {

struct FileParts {
  std::string head;
  TensorLayout layout;  ///< one shard, right behind the head
  WantedDigests wanted;
  std::function<std::string(const WeightPass& pass)> tail;
};

/// Writes the parts in order. What the sources carry as hashes is checked over the same read; to a stream,
/// which takes nothing back, by a read before.
void write_parts(const Plan& plan, const FileParts& parts, io::Output& output, io::Progress* progress);

}  // namespace aerotool::ztensor
