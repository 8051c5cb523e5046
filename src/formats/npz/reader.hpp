// A NumPy archive (.npz) as a Model: each member that is an array is a tensor.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "encoding/zip/archive.hpp"
#include "formats/npy/types.hpp"
#include "formats/npz/array_reader.hpp"
#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::npz {

class NpzModel final : public Model, public KnowsFiles {
 public:
  /// Throws CorruptError where no archive can be made out; else the report decides.
  NpzModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override { return {{input_.get(), input_->expected_sha256()}}; }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {input_.get(), input_->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return {}; }
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    reader_->read(tensor, offset, out);
  }
  bool is_remote() const override { return input_->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override;
  io::ReadAt reader_of(std::size_t tensor) const override;
  std::optional<StoredRange> stored_range(std::size_t tensor) const override;
  /// What is deflated or gathered and empty is looked at here: nobody reads it.
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { input_->require_unchanged(); }
  std::vector<KnownFile> known_files() const override;

 private:
  void read_arrays(Report& report);

  std::shared_ptr<io::Input> input_;
  std::unique_ptr<zip::Archive> archive_;
  npy::Types types_;
  std::vector<Tensor> tensors_;
  std::vector<StoredArray> arrays_;  ///< beside them
  std::set<std::size_t> told_;       ///< members whose bytes are broken, as far as they have been read
  std::unique_ptr<const ArrayReader> reader_;
};

}  // namespace aerotool::npz
