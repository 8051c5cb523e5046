// An AERO file as a Model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/aero/extras.hpp"
#include "formats/aero/read/opened_file.hpp"
#include "formats/aero/read/shard_map.hpp"
#include "formats/aero/read/side_files.hpp"
#include "formats/aero/read/tensor_table.hpp"
#include "io/input.hpp"
#include "model/expected_reads.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool::aero {

class AeroModel : public Model, public HoldsExtras, public KnowsFiles {
 public:
  /// Reads header, TOC and metadata chunks, no weights; what is wrong goes to the report. Packed types that
  /// `index`, which outlives this, describes under the same ids are not held again.
  AeroModel(std::shared_ptr<io::Input> input, Report& report, FileKind kind = FileKind::file,
            const AeroModel* index = nullptr);

  const std::string& path() const override { return file_.path(); }
  std::vector<ModelFile> files() const override {
    return {{file_.input.get(), file_.input->expected_sha256()}};
  }
  ModelFile file_of(std::size_t /*tensor*/) const override {
    return {file_.input.get(), file_.input->expected_sha256()};
  }
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return table_.tensors; }
  std::span<const Object> objects() const override { return objects_; }
  Metadata metadata() const override;
  Source source() const override;
  Extras extras() const override;
  OwnContent own_content() const override { return own_content_of(extras()); }
  std::vector<SideFile> carried_files() const override { return side_files_of(file_.input, file_.container); }
  void read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return file_.input->remote() != nullptr; }
  void expect_reads(std::span<const std::size_t> tensors) const override {
    expect_reads_of(*file_.input, table_.tensors, tensors);
  }
  std::vector<HashedRun> hashed_runs() const override;
  bool verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override { file_.input->require_unchanged(); }
  std::vector<KnownFile> known_files() const override;

  /// Without the lists of MMSG, which have been held to the file.
  const OpenedFile& file() const { return file_; }
  const ShardMap& shards() const { return shards_; }
  const TensorTable& table() const { return table_; }

  /// The file ends before chunks of it do: they are left out, and the report has told.
  bool is_cut_off() const { return !file_.cut_off.empty(); }
  /// Where TIDX says that a tensor lies.
  struct StatedPlace {
    std::uint64_t shard_id = 0;
    std::uint64_t data_offset = 0;  ///< from the shard's start
  };
  StatedPlace stated_place(std::size_t tensor) const;
  /// Lets go of what MMSG and MJSN say of the model as a whole.
  void forget_description() { file_.forget_description(); }
  /// Lets go of the members of TIDX and of descriptors that this version does not know.
  void forget_unknown_members();

 private:
  void read_objects(Report& report);

  FileKind kind_;
  OpenedFile file_;
  ShardMap shards_;  // points into file_
  TensorTable table_;
  std::vector<Object> objects_;
};

}  // namespace aerotool::aero
