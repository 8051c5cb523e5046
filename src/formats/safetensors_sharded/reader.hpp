// A sharded safetensors model: an index, and the files that it names beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/safetensors/config.hpp"
#include "formats/safetensors_sharded/index.hpp"
#include "io/input.hpp"
#include "model/parted_model.hpp"

namespace aerotool::safetensors_sharded {

/// The files are parts in the order of their names. A tensor that the index does not name is the model's all
/// the same, and a doubt. Like its files, the model has no hashes: all that can be wrong is told when it is
/// opened.
class ShardedModel final : public PartedModel {
 public:
  /// Throws UsageError where the index is no file that others can lie beside, CorruptError where it cannot be
  /// read at all; else the report decides.
  ShardedModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  Overview overview() const override;
  Metadata metadata() const override;
  Source source() const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override;

 private:
  void open_files(const Index& index, Report& report);
  void compare(const Index& index, Report& report) const;
  void compare_total(const Index& index, Report& report) const;
  void tell_unnamed(const std::vector<std::size_t>& tensors, Report& report) const;

  std::shared_ptr<io::Input> input_;
  std::vector<std::string> files_;  // of the parts, as the index names them
  /// By the index's number of a file: the part that it is, and whether all its tensors can be read.
  struct File {
    std::optional<std::size_t> part;
    bool sound = false;
  };
  std::vector<File> opened_;
  safetensors::Config config_;
};

}  // namespace aerotool::safetensors_sharded
