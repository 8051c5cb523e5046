// A PyTorch checkpoint as a Model. Nothing of it is run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/torch/container.hpp"
#include "formats/torch/names.hpp"
#include "formats/torch/tensor_reader.hpp"
#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::torch {

class TorchModel final : public Model, public KnowsFiles {
 public:
  /// With a key, what lies there alone. Throws CorruptError and UnsupportedError where no checkpoint can be
  /// made out; else the report decides.
  TorchModel(std::shared_ptr<io::Input> input, std::string_view key, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override { return {{input_.get(), input_->expected_sha256()}}; }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {input_.get(), input_->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  std::span<const Object> objects() const override { return objects_; }
  std::span<const UnreadTensor> unread() const override { return left_out_; }
  Metadata metadata() const override;
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    reader_->read(tensor, offset, out);
  }
  bool is_remote() const override { return input_->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override;
  io::ReadAt reader_of(std::size_t tensor) const override;
  std::optional<StoredRange> stored_range(std::size_t tensor) const override;
  /// What has no bytes is refused by name.
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { input_->require_unchanged(); }
  std::vector<KnownFile> known_files() const override;

 private:
  void add_tensor(std::size_t tensor, KnownFile& file) const;
  void take_tensors(Names& names, Report& report);
  void take_objects(const Names& names, const std::vector<std::size_t>& taken);
  void tell_left_out(Report& report) const;

  std::shared_ptr<io::Input> input_;
  CheckpointFile file_;
  std::vector<Tensor> tensors_;
  StoredTensors stored_;
  std::vector<Object> objects_;
  std::vector<UnreadTensor> left_out_;
  std::unique_ptr<const TensorReader> reader_;
};

/// Which kind of checkpoint the first bytes of a file are.
enum class FileKind { none, archive, legacy, tar };
FileKind kind_of(ByteSpan head);

}  // namespace aerotool::torch
