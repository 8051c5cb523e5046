// A GGUF file as a Model.
#pragma once

#include <memory>

#include "formats/gguf/parse.hpp"
#include "io/input.hpp"
#include "model/expected_reads.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::gguf {

/// Opening reads the head alone. Strings and arrays of the metadata stay in the mapped file.
class GgufModel final : public Model, public KnowsFiles {
 public:
  GgufModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override { return {{input_.get(), input_->expected_sha256()}}; }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {input_.get(), input_->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return head_.pairs.metadata; }
  /// The alignment is given where it is not the default. Gaps are as find_gaps tells.
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return input_->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override {
    expect_reads_of(*input_, tensors_, tensors);
  }
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { input_->require_unchanged(); }
  std::vector<KnownFile> known_files() const override;
  /// When judging they were reported; in use that is left to those who know all files of the model.
  const OtherTypes& other_types() const { return head_.others; }

 private:
  bool renders_alike(const Bytes& head) const;

  std::shared_ptr<io::Input> input_;
  ParsedHead head_;  // its tensors were moved to tensors_
  std::vector<Tensor> tensors_;
};

}  // namespace aerotool::gguf
