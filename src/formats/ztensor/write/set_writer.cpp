#include "formats/ztensor/write/set_writer.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "formats/ztensor/reader.hpp"
#include "formats/ztensor/write/content.hpp"
#include "formats/ztensor/write/shards.hpp"
#include "formats/ztensor/write/writer.hpp"
#include "io/directory_output.hpp"
#include "io/listing.hpp"
#include "transfer/existing_files.hpp"
#include "transfer/numbered_files.hpp"
#include "transfer/side_places.hpp"

namespace aerotool::ztensor {
namespace {

class DirectoryDraft final : public SetDraft {
 public:
  /// Either the shards or the only file is there.
  DirectoryDraft(const Plan& plan, std::unique_ptr<Shards> shards, std::unique_ptr<FileDraft> only)
      : plan_(plan), shards_(std::move(shards)), only_(std::move(only)) {
    require_sound(plan.side_files, file_names(), plan.models.front()->path());
  }

  PlanSummary summary() const override {
    PlanSummary summary = shards_ ? shards_->summary() : only_->summary();
    if (only_) {
      summary.shards.clear();
      summary.files = {{std::string(kRootFile), summary.total_bytes, 1, plan_.tensors.size()}};
    }
    summary.keeps_side_files = true;
    summary.total_bytes += total_size(plan_.side_files);
    return summary;
  }

  ExistingFiles existing(const std::string& directory, bool compare) const override {
    ExistingFiles existing;
    if (io::type_of(directory) != io::FileType::directory) return existing;
    // What the shards there hold, only a root says.
    const bool same = compare && holds_same(io::path_in(directory, std::string(kRootFile)));
    const std::vector<std::string> names = file_names();
    for (const std::string& name : names) {
      note_existing(
          directory, name, [same](const std::shared_ptr<io::Input>&) { return same; }, existing);
    }
    existing.other_side_files = side_places(plan_.side_files, directory).replaced;
    existing.removed = earlier_files(directory, kExtension, {}, names);
    return existing;
  }

  SetResult write(const std::string& path, io::Progress* progress) override {
    io::DirectoryOutput directory(path);
    const SidePlaces side = side_places(plan_.side_files, path);
    directory.require_space((shards_ ? shards_->summary() : only_->summary()).total_bytes +
                            total_size(side.written));
    if (shards_) {
      shards_->write(directory, progress);
    } else {
      only_->write(directory.add(std::string(kRootFile)), progress);
    }
    for (const SideFile& file : side.written) {
      io::Output& output = directory.add(file.path);
      file.put([&](ByteSpan bytes) { output.write(bytes); });
    }
    SetResult result{file_names(), {}};
    directory.publish(std::string(kRootFile), earlier_files(path, kExtension, {}, result.written));
    return result;
  }

 private:
  /// The root is the last one.
  std::vector<std::string> file_names() const {
    std::vector<std::string> names;
    if (shards_) names = shards_->files();
    names.emplace_back(kRootFile);
    return names;
  }

  bool holds_same(const std::string& root) const {
    if (io::is_link(root) || io::type_of(root) != io::FileType::regular) return false;
    try {
      Report report(Report::Mode::judge);
      const ZTensorModel model(io::Input::open(root), report);
      std::vector<std::string> shards;
      for (const Shard& shard : model.overview().shards) shards.push_back(shard.name);
      shards.erase(shards.begin());  // its own bytes
      return shards == (shards_ ? shards_->names() : std::vector<std::string>()) &&
             same_tensors(model.tensors(), plan_.tensors);
    } catch (const CorruptError&) {
      return false;
    } catch (const UnsupportedError&) {
      return false;
    }
  }

  const Plan& plan_;
  std::unique_ptr<Shards> shards_;
  std::unique_ptr<FileDraft> only_;
};

}  // namespace

WriteOptionList ZTensorSetWriter::options() const {
  WriteOptionList options = ZTensorWriter().options();
  options.push_back(&write::max_shard_bytes());
  return options;
}

std::unique_ptr<SetDraft> ZTensorSetWriter::draft(const Plan& plan) const {
  std::unique_ptr<Shards> shards;
  std::unique_ptr<FileDraft> only;
  if (const auto most = plan.options.get(write::max_shard_bytes())) shards = Shards::of(plan, *most);
  if (!shards) only = draft_of_content(plan, content_of(plan, Restore::yes));
  return std::make_unique<DirectoryDraft>(plan, std::move(shards), std::move(only));
}

}  // namespace aerotool::ztensor
