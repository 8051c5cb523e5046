// A sharded safetensors model: an index and the files that it names beside it, or numbered files without one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "formats/safetensors/config.hpp"
#include "formats/safetensors_sharded/parse.hpp"
#include "io/input.hpp"
#include "model/multi_file_model.hpp"
#include "model/numbered_name.hpp"

namespace aerotool::safetensors_sharded {

/// What the files of an index are, of those kinds whose indexes are made alike.
struct PartKind {
  std::string_view format;     ///< what --from calls it
  std::string_view shown;      ///< what `inspect` does
  std::string_view extension;  ///< of the files
  /// Reads one of them.
  std::unique_ptr<Model> (*read)(std::shared_ptr<io::Input> file, Report& report) = nullptr;
  bool comes_back = false;  ///< a writer makes the same files of what source() records
};
const PartKind& safetensors_parts();

/// The files are parts in the order of their names. A tensor that the index does not name is the model's all
/// the same, and a doubt. Like its files, the model has no hashes: all that can be wrong is told when it is
/// opened.
class ShardedModel final : public MultiFileModel {
 public:
  /// Throws UsageError where the index is no file that others can lie beside, CorruptError where it cannot be
  /// read at all; else the report decides.
  ShardedModel(std::shared_ptr<io::Input> index, Report& report, const PartKind& kind = safetensors_parts());
  /// Numbered files without an index, of which `part` is one; their directory stands for the model. Throws
  /// CorruptError in both modes where one is missing.
  ShardedModel(const std::shared_ptr<io::Input>& part, const NumberedName& name, Report& report);

  const std::string& path() const override { return path_; }
  std::vector<ModelFile> files() const override;
  Overview overview() const override;
  Metadata metadata() const override;
  Source source() const override;
  std::span<const Object> objects() const override { return objects_; }
  std::span<const UnreadTensor> unread() const override { return unread_; }
  bool check(const CheckOptions& options, Report& report) const override;
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  void require_unchanged() const override;

 private:
  /// Opens the files that are not missing; `part`, where it is not null, is one of them.
  void open_files(const std::vector<std::string>& names, const std::vector<std::size_t>& missing,
                  const std::shared_ptr<io::Input>& part, Report& report);
  void tell_missing_files(const Index& index, const std::vector<std::size_t>& missing, Report& report) const;
  /// Returns, of tensors that share a name, those that the index means.
  std::set<std::size_t> compare(const Index& index, Report& report) const;
  void compare_total(const Index& index, Report& report) const;
  void take_configuration(Report& report);
  void look_beside_empty_index(Report& report);
  void tell_unnamed(const std::vector<std::size_t>& tensors, Report& report) const;

  /// What the parts have beside their tensors, by the names that these have here.
  void take_objects();

  const PartKind& kind_;
  std::shared_ptr<io::Input> index_;   // null where there is none
  std::shared_ptr<io::Input> beside_;  // the index, else a file, in the directory that the files lie in
  std::string path_;
  std::string
      unnamed_;  // what the index, which names no tensor, leaves out; empty where it is as it should be
  std::vector<std::string> files_;  // of the parts, as the index names them
  /// By the index's number of a file: the part that it is, and whether all its tensors can be read.
  struct File {
    std::optional<std::size_t> part;
    bool sound = false;
  };
  std::vector<File> opened_;
  safetensors::Config config_;
  std::vector<Object> objects_;
  std::vector<UnreadTensor> unread_;
};

}  // namespace aerotool::safetensors_sharded
