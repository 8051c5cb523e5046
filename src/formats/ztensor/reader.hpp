// A zTensor file of any version as a Model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/ztensor/container.hpp"
#include "formats/ztensor/part_reader.hpp"
#include "formats/ztensor/shard_file.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::ztensor {

class ZTensorModel final : public Model, public KnowsFiles {
 public:
  ZTensorModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return files_.front()->name(); }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return table_.tensors; }
  std::span<const Object> objects() const override { return table_.objects; }
  Metadata metadata() const override;
  const std::string& path_of(std::size_t tensor) const override;
  std::vector<ModelFile> files() const override;
  std::vector<KnownFile> known_files() const override;
  ModelFile file_of(std::size_t tensor) const override;
  Source source() const override;
  Source recorded_source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    reader_.read(tensor, offset, out);
  }
  bool is_remote() const override;
  void expect_reads(std::span<const std::size_t> tensors) const override;
  io::ReadAt reader_of(std::size_t tensor) const override;
  std::optional<StoredRange> stored_range(std::size_t tensor) const override;
  /// What is encoded and empty is looked at here: nobody reads it.
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  void verify_files(unsigned jobs, io::Progress* progress, const FileChoice& chosen) const override;
  std::uint64_t files_size(const FileChoice& chosen) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override;

 private:
  void read_index(Report& report);
  void add_integrity(Overview& overview) const;
  void open_shards(std::span<const ShardEntry> shards, Report& report);
  bool is_to_verify(std::size_t shard, const FileChoice& chosen) const;

  std::vector<std::shared_ptr<io::Input>> files_;  ///< its own and its shards; null where one is missing
  Container container_;
  Bytes manifest_;  ///< which values borrow from
  Root root_;
  std::vector<ShardFile> shards_;
  TensorTable table_;
  PartReader reader_;
};

}  // namespace aerotool::ztensor
