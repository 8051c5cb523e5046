// A safetensors file as a Model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/safetensors/config.hpp"
#include "formats/safetensors/metadata_text.hpp"
#include "io/input.hpp"
#include "model/expected_reads.hpp"
#include "model/model.hpp"

namespace aerotool::safetensors {

/// The u64 that a file begins with; `head` holds at least kLengthBytes.
std::uint64_t header_length(ByteSpan head);

/// Whether the first bytes of a file are those of a header: a length that the format allows, and a `{`. They
/// are kBeginBytes, or the whole file.
bool begins_like_header(ByteSpan begin);
inline constexpr std::size_t kBeginBytes = 4096;

/// Reads and checks the header when it is made, and no weights. The format has no hashes: what can be wrong
/// with a file is in its header and its size, so all of it is told then.
class SafetensorsModel final : public Model {
 public:
  /// Throws CorruptError where no header can be made out; else the report decides.
  SafetensorsModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override { return {{input_.get(), input_->expected_sha256()}}; }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {input_.get(), input_->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override;
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return input_->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override {
    expect_reads_of(*input_, tensors_, tensors);
  }
  bool check(const CheckOptions& options, Report& report) const override;
  /// What lies beside the file, where it stands for a model by itself.
  void take_configuration(Config config) { config_ = std::move(config); }
  void require_unchanged() const override { input_->require_unchanged(); }

 private:
  bool in_writers_order() const;
  bool head_is_writers(ByteSpan head) const;

  std::shared_ptr<io::Input> input_;
  std::uint64_t data_start_ = 0;
  std::optional<MetadataText> metadata_;
  std::vector<Tensor> tensors_;
  Config config_;
};

}  // namespace aerotool::safetensors
