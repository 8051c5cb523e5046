// One of the two models, as it is read: a tensor at a time, and held to the hashes that it carries over the
// bytes that are compared.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "io/digester.hpp"
#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/held_files.hpp"
#include "transfer/source_check.hpp"

namespace aerotool::tasks {

class CheckedReader {
 public:
  /// The tensors to read, as indexes into the model's; their order numbers them here. `model` outlives this.
  CheckedReader(const Model& model, const std::vector<std::size_t>& tensors);
  CheckedReader(const CheckedReader&) = delete;
  CheckedReader& operator=(const CheckedReader&) = delete;

  const Model& model() const { return model_; }
  const Tensor& tensor(std::size_t number) const { return layout_.tensors[number].tensor(); }

  /// Fills `out` with the bytes of a tensor from `offset` on, and hashes them. Each byte of every tensor has
  /// to be read exactly once, in any order. Thread-safe.
  void read(std::size_t number, std::uint64_t offset, std::span<std::byte> out);

  /// That read() will be called for all tensors in their order.
  void expect_reads() const;

  /// As those of Model.
  void verify_files(unsigned jobs, io::Progress* progress) const {
    model_.verify_files(jobs, progress);
    require_sha256(model_);
  }
  std::uint64_t files_size() const { return model_.files_size(); }

  /// What else lies under the hashes, to be run before judge().
  std::vector<io::Region> other_regions() { return check_.other_regions(); }
  /// Throws CorruptError that names the tensors whose bytes are not those that the model's hashes say.
  void judge();

 private:
  void add_tensor_digests();

  const Model& model_;
  TensorLayout layout_;  // all in one run, one behind the other
  SourceCheck check_;
  ChecksumCheck checksums_;
  io::ReadAt read_run_;
  std::vector<io::HashTask> tasks_;  // of each tensor; empty where none carries a digest
  std::vector<io::Layer> layers_;    // over the run
  io::Digester digester_;
};

}  // namespace aerotool::tasks
