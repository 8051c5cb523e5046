// The content id of a model: a BLAKE3 of its tensors alone, whatever format or files they lie in. It is
// computed over the reads of who works with the model.
//
// It is BLAKE3-256 over the following, for each tensor in the byte order of the names:
//
//     u64 length of the name, the name
//     u64 length of the dtype's name ("BF16", "Q4_K"), the dtype's name
//     u64 number of dimensions, each dimension as u64, row-major
//     BLAKE3-256 of the tensor's bytes
//
// Numbers are little-endian.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/taken_runs.hpp"
#include "hash/blake3.hpp"
#include "model/model.hpp"

namespace aerotool {

/// A model that is read through this is hashed on the way, in whatever order and how often its tensors are
/// read. It is the model in all else, but that it does not pass on the chunks and keys that its format does
/// not know (aero::HoldsExtras).
class HashedModel final : public Model {
 public:
  explicit HashedModel(std::unique_ptr<Model> model);

  /// Reads what has not been read of any tensor. After all other reads.
  Digest content_id(unsigned jobs);

  const std::string& path() const override { return model_->path(); }
  Overview overview() const override { return model_->overview(); }
  const std::vector<Tensor>& tensors() const override { return model_->tensors(); }
  Metadata metadata() const override { return model_->metadata(); }
  std::span<const Object> objects() const override { return model_->objects(); }
  const std::string& path_of(std::size_t tensor) const override { return model_->path_of(tensor); }
  std::vector<ModelFile> files() const override { return model_->files(); }
  ModelFile file_of(std::size_t tensor) const override { return model_->file_of(tensor); }
  Source source() const override { return model_->source(); }
  Source recorded_source() const override { return model_->recorded_source(); }
  OwnContent own_content() const override { return model_->own_content(); }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return model_->is_remote(); }
  void expect_reads(std::span<const std::size_t> tensors) const override { model_->expect_reads(tensors); }
  io::ReadAt reader_of(std::size_t tensor) const override;
  std::optional<StoredRange> stored_range(std::size_t tensor) const override {
    return model_->stored_range(tensor);
  }
  std::vector<HashedRun> hashed_runs() const override { return model_->hashed_runs(); }
  bool verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const override {
    return model_->verify_pages(tensor, begin, end);
  }
  void verify_files(unsigned jobs, io::Progress* progress, const FileChoice& chosen) const override {
    model_->verify_files(jobs, progress, chosen);
  }
  std::uint64_t files_size(const FileChoice& chosen) const override { return model_->files_size(chosen); }
  bool check(const CheckOptions& options, Report& report) const override {
    return model_->check(options, report);
  }
  std::vector<std::string> files_to_check() const override { return model_->files_to_check(); }
  bool check_one_file(std::size_t file, const CheckOptions& options, Report& report) const override {
    return model_->check_one_file(file, options, report);
  }
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override {
    model_->require_copyable(wanted);
  }
  void require_unchanged() const override { model_->require_unchanged(); }

 private:
  /// Of a tensor: the leaves of its hash that have been seen, and the hash once all have.
  struct Hash {
    TakenRuns taken;
    std::unique_ptr<hash::TreeHash> tree;
    Digest digest{};
    bool done = false;
  };

  void saw(std::size_t tensor, std::uint64_t offset, ByteSpan bytes) const;
  void add(std::size_t tensor, hash::TreeHash& tree, std::uint64_t first_leaf, ByteSpan bytes) const;

  std::unique_ptr<Model> model_;
  mutable std::mutex mutex_;
  mutable std::vector<Hash> hashes_;  // of each tensor
};

}  // namespace aerotool
