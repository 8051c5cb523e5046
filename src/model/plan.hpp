// What is to be written: an ordered list of tensors with where their bytes come from, and options. Convert
// and pack-set make a plan and hand it to a format's writer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/output.hpp"
#include "model/model.hpp"

namespace aerotool {

struct PlannedTensor {
  const Model* model = nullptr;
  std::size_t index = 0;  ///< into model->tensors()

  const Tensor& tensor() const { return model->tensors()[index]; }
};

struct WriteOptions {
  std::uint64_t max_shard_bytes = std::uint64_t{2} << 30;
  std::uint64_t align = 16;  ///< of each tensor in its shard; a power of two
  bool tensor_hash = false;
  std::optional<std::uint64_t> page_hash;  ///< page size in bytes
  bool control_hash = false;
  std::optional<std::array<std::byte, 16>> uuid;  ///< absent: derived from the content
  unsigned jobs = 1;
};

struct Plan {
  std::vector<PlannedTensor> tensors;  ///< in name order (byte order of the UTF-8), names unique
  std::vector<const Model*> models;    ///< the first one's metadata is carried
  /// All tensors of one model, unchanged: order, head and gaps are carried too.
  bool whole = true;
  std::optional<std::string> name;          ///< replaces the model's
  std::optional<std::string> architecture;  ///< replaces the model's
  WriteOptions options;
};

/// What a writer would make of a plan.
struct PlanSummary {
  std::vector<Shard> shards;
  std::uint64_t total_bytes = 0;     ///< of the file; an upper bound where metadata is still to be compressed
  std::vector<std::string> dropped;  ///< what the source holds and the target does not keep, a line each
};

class Writer {
 public:
  virtual ~Writer() = default;
  /// Throws UnsupportedError where the target cannot hold something, before a byte is written.
  virtual PlanSummary preview(const Plan& plan) const = 0;
  /// Writes the whole file. Hashes that the sources carry are checked over the bytes as they are read:
  /// a mismatch is a CorruptError. The caller commits the output.
  virtual void write(const Plan& plan, io::Output& output, io::Progress* progress) const = 0;
};

}  // namespace aerotool
