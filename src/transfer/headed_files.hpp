// Files that are a head and one data section behind it, as safetensors and GGUF have them: one of them, or
// the several of a set (headed_set.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/output.hpp"
#include "io/progress.hpp"
#include "transfer/plan.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

struct HeadedFile {
  using Sink = std::function<void(ByteSpan)>;

  std::string name;  ///< relative to the directory; empty where there is one output
  std::uint64_t head_size = 0;
  std::function<void(const Sink&)> put_head;  ///< hands over head_size bytes
};

/// A plan's files: the data section of files[i] is layout.shards[i].
struct HeadedFiles {
  TensorLayout layout;
  std::vector<HeadedFile> files;
  std::vector<std::string> lost;  ///< as PlanSummary has them
  std::vector<std::string> dropped;
  std::vector<std::string> warnings;

  std::uint64_t size_of(std::size_t file) const { return files[file].head_size + layout.shards[file].size; }
  std::uint64_t total_size() const;
  /// Adds a data section for these tensors behind those there are; the caller says where in it they lie.
  PlannedShard& add_shard(std::vector<PlannedTensor> tensors);
};

/// Throws UnsupportedError where a data section of `size` bytes is more than a file can have.
void require_file_size(const Plan& plan, std::uint64_t size);

PlanSummary summarize(const HeadedFiles& files);

/// Of the only file. What the sources carry as hashes is checked over the same read; to a stream, which takes
/// nothing back, by a read before.
std::unique_ptr<FileDraft> draft_of_file(const Plan& plan, HeadedFiles files);

}  // namespace aerotool
