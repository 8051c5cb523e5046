// A .npy file as a Model of one tensor, which is named after the file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/npy/array.hpp"
#include "io/input.hpp"
#include "model/expected_reads.hpp"
#include "model/model.hpp"

namespace aerotool::npy {

class NpyModel final : public Model {
 public:
  /// Throws CorruptError where no array can be made out; else the report decides.
  NpyModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override { return {{input_.get(), input_->expected_sha256()}}; }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {input_.get(), input_->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return {}; }
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return input_->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override {
    expect_reads_of(*input_, tensors_, tensors);
  }
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { input_->require_unchanged(); }

 private:
  std::shared_ptr<io::Input> input_;
  Types types_;
  std::vector<Tensor> tensors_;               ///< one; none where it cannot be used
  std::uint64_t data_ = 0;                    ///< where it begins
  std::unique_ptr<const Gathered> gathered_;  ///< null where it is read as it is
};

/// "w" for "models/w.npy.gz".
std::string name_of_array(const std::string& path);

}  // namespace aerotool::npy
