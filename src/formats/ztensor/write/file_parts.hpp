// A file that is a head, one run of blobs, and an end that may hold hashes of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/bytes.hpp"
#include "io/output.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::ztensor {

/// Takes bytes in their order.
using Put = std::function<void(ByteSpan bytes)>;

struct FileParts {
  std::string head;
  const TensorLayout& layout;  ///< one shard, right behind the head
  WantedDigests wanted;
  /// Hands over what follows the blobs, which may be as long as an index is.
  std::function<void(const WeightPass& pass, const Put& put)> tail;
};

/// Writes the parts in order. What the sources carry as hashes is checked over the same read; to a stream,
/// which takes nothing back, by a read before.
void write_parts(const Plan& plan, const FileParts& parts, io::Output& output, io::Progress* progress);

}  // namespace aerotool::ztensor
