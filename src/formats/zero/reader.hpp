// A DeepSpeed checkpoint (ZeRO 1 to 3) as a Model: the master weights of all processes, put together as they
// are read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/torch/reader.hpp"
#include "formats/zero/checkpoint.hpp"
#include "formats/zero/files.hpp"
#include "io/few_open.hpp"
#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::zero {

class ZeroModel final : public Model, public KnowsFiles {
 public:
  /// `named` is the file `latest`, or one of the checkpoint's. Throws CorruptError and UnsupportedError.
  ZeroModel(std::shared_ptr<io::Input> named, Report& report);

  const std::string& path() const override { return named_->name(); }
  const std::string& path_of(std::size_t tensor) const override;
  /// The one that names it, and all of the checkpoint's; these are open while they are read.
  std::vector<ModelFile> files() const override;
  std::vector<KnownFile> known_files() const override;
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override;
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return named_->remote() != nullptr; }
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override;

 private:
  /// Where the bytes of a tensor are: in pieces, or in a tensor of the model's state.
  struct Stored {
    std::vector<Piece> pieces;
    std::optional<std::size_t> buffer;
  };

  void take_parameters(Report& report);
  void take_buffers(Report& report);
  void take_shared(Report& report);

  std::shared_ptr<io::Input> named_;
  io::FewOpen open_;
  CheckpointFiles files_;
  Checkpoint checkpoint_;
  std::unique_ptr<const torch::TorchModel> states_;  ///< of the first process
  std::vector<std::string> paths_;                   ///< of the checkpoint's files
  std::vector<Tensor> tensors_;
  std::vector<Stored> stored_;  ///< beside them
};

}  // namespace aerotool::zero
