// An AEROSET as a Model: one model in several AERO files and an index (src/formats/aeroset/FORMAT.md).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "formats/aero/read/reader.hpp"
#include "formats/aeroset/layout.hpp"
#include "io/remote_name.hpp"
#include "model/multi_file_model.hpp"

namespace aerotool::aeroset {

class AerosetModel final : public MultiFileModel, public aero::HoldsExtras {
 public:
  /// Reads the index, index.aero and the metadata of all parts. What is missing, or said differently in two
  /// places, goes to the report.
  AerosetModel(std::shared_ptr<io::Input> input, Report& report);

  const std::string& path() const override { return input_->name(); }
  std::vector<ModelFile> files() const override;
  ModelFile file_of(std::size_t tensor) const override;
  Overview overview() const override;
  Metadata metadata() const override;
  std::span<const Object> objects() const override;
  Source source() const override;
  aero::Extras extras() const override;
  OwnContent own_content() const override { return aero::own_content_of(extras()); }
  std::vector<SideFile> carried_files() const override;
  void read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const override;
  /// Of index.aero that is done when it is opened.
  void verify_files(unsigned jobs, io::Progress* progress, const FileChoice& chosen) const override;
  std::uint64_t files_size(const FileChoice& chosen) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  /// index.aero too, before the parts.
  std::vector<std::string> files_to_check() const override;
  bool check_one_file(std::size_t file, const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override;
  std::vector<KnownFile> known_files() const override;

 private:
  using StatedPlace = aero::AeroModel::StatedPlace;
  /// A part that could be opened.
  struct Part {
    const SetPart* entry = nullptr;
    std::shared_ptr<io::Input> input;
    const aero::AeroModel* model = nullptr;  // among parts()
    bool counts_from_zero = false;           // its shards have numbers of their own
  };
  Where where(std::string tensor = {}) const { return {input_->name(), {}, std::move(tensor)}; }
  /// Whether the index says where on a server the file is.
  bool is_published(const SetFile& file) const;
  /// Whether it is to be read from there: it is not beside an index that is here.
  bool is_elsewhere(const SetFile& file) const;
  /// There. Throws CorruptError, and UnsupportedError where nobody said that an index here may be followed.
  io::RemoteName published_name(const SetFile& file) const;
  std::shared_ptr<io::Input> open_file(const SetFile& file) const;
  /// A file on a server is hashed while its weights are read: it is not to be fetched twice.
  std::shared_ptr<io::Input> open_part_file(const SetPart& part) const;
  /// Opens several at a time of those that are on servers.
  void expect_parts() const;
  void find_missing_files();
  void tell_missing_files(std::vector<HitTensor> hit, Report& report) const;
  void open_parts(Report& report);
  void leave_out_twins_by_index(Report& report);
  void open_tensor_index(Report& report);
  /// Notes where index.aero calls the model otherwise than the index does.
  void compare_names(Report& report) const;
  /// Returns those that lie in parts that are missing.
  std::vector<HitTensor> join_tensors(Report& report);
  /// The set-wide id of the shard that a part's tensor lies in; nothing where the index lists none.
  static std::optional<std::uint64_t> set_shard(const Part& part, std::size_t tensor);
  /// Notes where index.aero and a part say different things of a tensor.
  void compare(std::size_t tensor, const Tensor& global, const StatedPlace& global_place,
               Report& report) const;
  bool check_control(const CheckOptions& options, Report& report) const;
  /// Those whose SHA-256 is still to be compared before their weights are trusted.
  std::vector<const Part*> parts_to_verify(const FileChoice& chosen) const;

  std::shared_ptr<io::Input> input_;
  SetIndex index_;
  std::shared_ptr<io::Input> tensor_index_input_;
  std::unique_ptr<aero::AeroModel> tensor_index_;  // index.aero; null where it is not sound
  std::vector<Part> open_;                         // beside parts()
  std::vector<const SetPart*> broken_;             // that could not be opened
  std::set<std::string, std::less<>> missing_;     // paths of parts that are missing
  std::string missing_told_;                       // what messages say of them
  bool stale_ = false;                             // the index belongs to other parts
  std::set<std::uint64_t> cut_off_;                // shards of parts that end too early, which they report
};

}  // namespace aerotool::aeroset
