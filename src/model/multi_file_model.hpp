// A model that lies in several files, each of which is a Model of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "io/input.hpp"
#include "model/known_file.hpp"
#include "model/model.hpp"

namespace aerotool {

/// Tensors and hashed runs of all parts, one part behind the other, each with the part it comes from. What
/// the model is as a whole (its path, metadata, source, rules) is for the format that derives from this.
class MultiFileModel : public Model, public KnowsFiles {
 public:
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  const std::string& path_of(std::size_t tensor) const override;
  /// Those of the parts.
  std::vector<ModelFile> files() const override;
  ModelFile file_of(std::size_t tensor) const override;
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;
  bool is_remote() const override;
  void expect_reads(std::span<const std::size_t> tensors) const override;
  std::optional<StoredRange> stored_range(std::size_t tensor) const override;
  std::vector<HashedRun> hashed_runs() const override;
  bool verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const override;
  /// Checks the files by themselves, side by side. False where one of the checks is.
  bool check(const CheckOptions& options, Report& report) const override;
  /// The parts.
  std::vector<std::string> files_to_check() const override;
  bool check_one_file(std::size_t file, const CheckOptions& options, Report& report) const override;
  void require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const override;
  void require_unchanged() const override;
  /// The parts, behind those of files() that are none.
  std::vector<KnownFile> known_files() const override;

 protected:
  struct Place {
    std::size_t part = 0;
    std::size_t tensor = 0;  ///< in the part
  };

  const std::vector<std::unique_ptr<Model>>& parts() const { return parts_; }
  const Place& place_of(std::size_t tensor) const { return places_[tensor]; }
  /// The shards of all parts; Tensor::shard counts in these.
  std::vector<Shard> shards() const;
  /// Adds the files of all parts to an overview, and sets its file size to that of all files in it.
  void add_files(Overview& view) const;

  /// Takes the part and all its tensors.
  void add_part(std::unique_ptr<Model> part);
  /// Opens a file, reads it and takes it as a part. What makes that impossible ends the reading in use; when
  /// judging it is noted, and null comes back.
  using OpenPart = std::function<std::shared_ptr<io::Input>()>;
  using ReadPart = std::function<std::unique_ptr<Model>(std::shared_ptr<io::Input>, Report&)>;
  std::shared_ptr<io::Input> open_part(const OpenPart& open, const ReadPart& read, Report& report);
  /// The same for the file `relative` beside `index` (see io::open_beside).
  std::shared_ptr<io::Input> open_part(const io::Input& index, const std::string& relative,
                                       const ReadPart& read, Report& report);

  /// Indexes into tensors() by name, those of one name in their order here.
  std::vector<std::size_t> by_name() const;
  /// Holds the tensors to having a name each. Of those that share one, the tensor that `meant` accepts stays,
  /// else the first; the others are a doubt, and keep the one that stays from being copied.
  void leave_out_twins(Report& report, const std::function<bool(std::size_t tensor)>& meant = {});
  /// Puts the tensors in another order, or leaves some out: `order` holds indexes into tensors().
  void arrange(const std::vector<std::size_t>& order);

 private:
  /// A tensor that is in another part as well.
  struct Twin {
    std::size_t tensor = 0;
    std::size_t other_part = 0;
  };
  std::string both(std::size_t tensor, std::size_t other_part) const;

  std::vector<std::unique_ptr<Model>> parts_;
  std::uint32_t shard_count_ = 0;
  std::vector<Tensor> tensors_;
  std::vector<Place> places_;  // beside them
  std::vector<Twin> twins_;
  // Of the parts: a file under two names would be read as two.
  std::unordered_set<io::Identity> opened_;
};

}  // namespace aerotool
