// One of the two models, as it is read: a tensor at a time, and held to the hashes that it carries over the
// bytes that are compared.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "io/digester.hpp"
#include "io/pipeline.hpp"
#include "tasks/compare/compared_model.hpp"
#include "tasks/compare/number_blocks.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/held_files.hpp"
#include "transfer/input_check.hpp"
#include "transfer/source_check.hpp"

namespace aerotool::tasks {

class CheckedReader {
 public:
  /// The tensors to read, by their numbers in `compared`; their order numbers them here. `compared` outlives
  /// this.
  CheckedReader(const ComparedModel& compared, const std::vector<std::size_t>& tensors);
  CheckedReader(const CheckedReader&) = delete;
  CheckedReader& operator=(const CheckedReader&) = delete;

  const Model& model() const { return compared_.model(); }
  const Tensor& tensor(std::size_t number) const { return compared_.tensor(numbers_[number]); }
  bool is_decoded(std::size_t number) const { return compared_.is_decoded(numbers_[number]); }

  /// What read() then yields of one that is decoded: its numbers in these blocks, which are F32 or F64. No
  /// two threads at a time for one tensor.
  void decode_as(std::size_t number, const NumberBlocks& blocks);

  /// Fills `out` with the bytes of a tensor from `offset` on, and hashes them. Each byte of every tensor that
  /// is not decoded has to be read exactly once, in any order. Thread-safe.
  void read(std::size_t number, std::uint64_t offset, std::span<std::byte> out);

  /// That read() will be called for all tensors in their order.
  void expect_reads() const;

  /// As those of Model.
  void verify_files(unsigned jobs, io::Progress* progress) const {
    model().verify_files(jobs, progress, {});
    require_sha256(model());
  }
  std::uint64_t files_size() const { return model().files_size({}); }

  /// What else lies under the hashes, to be run before judge(); also what is decoded, unless its parts are
  /// among the tensors to read.
  std::vector<io::Region> other_regions();
  /// Throws CorruptError that names the tensors whose bytes are not those that the model's hashes say.
  void judge();

 private:
  void add_tensor_digests();

  const ComparedModel& compared_;
  std::vector<std::size_t> numbers_;
  TensorLayout layout_;  // beside the numbers: all in one run, one behind the other
  SourceCheck check_;
  InputCheck inputs_;
  ChecksumCheck checksums_;
  io::ReadAt read_run_;
  std::vector<io::HashTask> tasks_;  // of each tensor; empty where none carries a digest
  std::vector<io::Layer> layers_;    // over the run
  io::Digester digester_;
  // Of those that are decoded; empty where none is.
  std::vector<std::shared_ptr<const ByteSource>> decoded_;
};

}  // namespace aerotool::tasks
