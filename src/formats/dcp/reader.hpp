// A checkpoint of torch.distributed.checkpoint as a Model: its index, and the files beside it. To list it
// takes the index alone.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/dcp/assembly.hpp"
#include "formats/dcp/files.hpp"
#include "formats/dcp/index.hpp"
#include "formats/dcp/items.hpp"
#include "formats/dcp/names.hpp"
#include "formats/dcp/parts.hpp"
#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"
#include "model/noted.hpp"

namespace aerotool::dcp {

inline constexpr std::string_view kIndexName = ".metadata";

class DcpModel final : public Model, public Noted, public KnowsFiles {
 public:
  /// `metadata` is the index, or that of one of the processes, which then stands for all of them. With a
  /// path, what lies below it alone. Throws CorruptError, UnsupportedError, and UsageError where nothing
  /// does.
  DcpModel(std::shared_ptr<io::Input> metadata, std::string_view path, Report& report);
  /// One without an index, of which a file stands for all.
  DcpModel(std::shared_ptr<io::Input> named, Parts parts, std::string_view path, Report& report);

  const std::string& path() const override { return metadata_->name(); }
  const std::string& path_of(std::size_t tensor) const override;
  /// The index, and all that it names; these are open while they are read.
  std::vector<ModelFile> files() const override;
  /// All that the index names, also what is below another path than the one that is read.
  std::vector<KnownFile> known_files() const override;
  std::vector<std::string> notes() const override;
  Overview overview() const override;
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  /// The values that are no tensors; those that cannot be read are left out.
  Metadata metadata() const override { return parts_ ? parts_->metadata : values().metadata; }
  Source source() const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override { return metadata_->remote() != nullptr; }
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  bool check(const CheckOptions& options, Report& report) const override;
  void require_unchanged() const override;

 private:
  struct Values {
    Metadata metadata;
    std::string problem;  ///< why one of them cannot be read; empty where all can
    Where where;
  };
  struct Window {
    std::mutex mutex;
    bool is_there = false;
    std::vector<std::byte> bytes;
  };
  struct WindowName {
    std::size_t tensor = 0;
    std::uint64_t number = 0;
    bool operator==(const WindowName&) const = default;
  };

  KnownFile known_file(std::uint32_t number) const;
  void take_index(std::string_view path, Report& report);
  void read_index(Report& report);
  void take_keys(std::string_view path, Report& report);
  void take_tensor(const Key& key, std::string name, Report& report);
  void look_at_files(Report& report);
  void look_at_items(Report& report) const;
  const Values& values() const;
  void read_values() const;
  const Key& key_of(std::size_t tensor) const { return index_.keys[keys_[tensor]]; }
  std::shared_ptr<const Assembly> assembly_of(std::size_t tensor) const;
  std::shared_ptr<Window> window_of(const WindowName& name) const;
  /// Whether the bytes of an item are there, as far as look_at_files() has looked.
  bool is_there(const StoredItem& item) const;

  void check_items(const CheckOptions& options, Report& report) const;
  void check_files(const CheckOptions& options, Report& report) const;

  std::shared_ptr<io::Input> metadata_;
  std::vector<std::shared_ptr<io::Input>> others_;  ///< the indexes of other processes
  std::optional<Parts> parts_;                      ///< without its index
  Index index_;
  Files files_;
  Items items_;
  std::vector<Tensor> tensors_;
  std::vector<std::uint32_t> keys_;   ///< beside them
  std::vector<Names::Named> values_;  ///< what is no tensor
  std::vector<std::string> file_paths_;
  std::vector<std::uint64_t> file_ends_;  ///< of each file the end of its last item
  std::string unwrapped_;
  std::optional<ModelBeside> model_beside_;  ///< where all is read, and that is more than the model
  /// Of each file its size, where somebody looked; kNoNumber where it cannot be opened.
  std::optional<std::vector<std::uint64_t>> sizes_;

  mutable std::mutex mutex_;
  mutable std::deque<std::pair<std::size_t, std::shared_ptr<const Assembly>>> recent_;
  mutable std::deque<std::pair<WindowName, std::shared_ptr<Window>>> windows_;
  mutable std::mutex values_mutex_;
  mutable std::optional<Values> values_read_;
};

}  // namespace aerotool::dcp
