#include "transfer/headed_set.hpp"

#include <span>
#include <utility>

#include "hash/sha256.hpp"
#include "io/directory_output.hpp"
#include "io/listing.hpp"
#include "transfer/existing_files.hpp"
#include "transfer/numbered_files.hpp"
#include "transfer/part_layout.hpp"
#include "transfer/side_places.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool {
namespace {

class HeadedSetDraft final : public SetDraft, public SetParts {
 public:
  HeadedSetDraft(const Plan& plan, HeadedSet set) : plan_(plan), set_(std::move(set)) {}

  PlanSummary summary() const override {
    PlanSummary summary = summarize(set_.files);
    summary.keeps_side_files = true;
    summary.total_bytes += total_size(plan_.side_files);
    if (!set_.index_path.empty()) {
      summary.files.push_back({set_.index_path, set_.index.size(), 0, plan_.tensors.size()});
      summary.total_bytes += set_.index.size();
    }
    return summary;
  }

  ExistingFiles existing(const std::string& directory, bool compare) const override {
    ExistingFiles existing;
    if (io::type_of(directory) != io::FileType::directory) return existing;
    std::vector<std::string> names;
    const auto note = [&](const std::string& name, const HoldsSame& same) {
      names.push_back(name);
      note_existing(directory, name, compare ? same : HoldsSame(), existing);
    };
    for (std::size_t i = 0; i < set_.files.files.size(); ++i) {
      note(set_.files.files[i].name,
           [&](std::shared_ptr<io::Input> input) { return holds_file(std::move(input), i); });
    }
    if (!set_.index_path.empty()) {
      note(set_.index_path, [&](const std::shared_ptr<io::Input>& input) {
        return input->size() <= kMaxIndexBytes && set_.same_index(input->view(0, input->size()).text());
      });
    }
    existing.other_side_files = side_places(plan_.side_files, directory).replaced;
    existing.removed = earlier_files(directory, set_.extension, set_.usual_index, names);
    return existing;
  }

  SetResult write(const std::string& path, io::Progress* progress) override {
    io::DirectoryOutput directory(path);
    const SidePlaces side = side_places(plan_.side_files, path);
    directory.require_space(set_.files.total_size() + total_size(side.written));
    write_files(directory, progress);
    return {.written = publish(directory, side), .kept = {}};
  }

  SetParts* parts() override { return this; }

  std::size_t part_count() const override { return set_.files.files.size(); }

  DraftedPart part(std::size_t number) const override {
    return {set_.files.files[number].name, set_.files.layout.shards[number].size,
            part_tensors(set_.files.layout, number, 1)};
  }

  std::vector<std::string> closing_files() const override {
    if (set_.index_path.empty()) return {};
    return {set_.index_path};
  }

  NotKept not_kept() const override { return summarize(set_.files); }

  WrittenPart write_part(std::size_t number, io::Output& output, io::Progress* progress) override {
    const std::uint64_t size = set_.files.size_of(number);
    output.require_space(size);
    const TensorLayout layout = part_layout(set_.files.layout, number, 1);
    WeightPass pass(plan_.models, layout, {.shards = true, .tensors = false, .page_size = {}}, plan_.jobs,
                    HeldFiles::read_alone);
    if (progress != nullptr) progress->total += pass.bytes();
    const HeadedFile& file = set_.files.files[number];
    hash::Sha256 sha256;
    file.put_head([&](ByteSpan bytes) {
      sha256.add(bytes);
      output.write(bytes);
    });
    pass.copy_to(0, output, file.head_size);
    pass.run(progress, [&](ByteSpan bytes) { sha256.add(bytes); });
    for (const Model* model : plan_.models) model->require_unchanged();
    return {size, sha256.finish(), {}, {pass.shard_digest(0)}, {}};
  }

  void place(io::DirectoryOutput& directory, std::vector<WrittenPart> /*parts*/) override {
    const SidePlaces side = side_places(plan_.side_files, directory.path());
    directory.require_space(total_size(side.written) + set_.index.size());
    publish(directory, side);
  }

 private:
  static constexpr std::uint64_t kMaxIndexBytes = 100'000'000;  // that are read of any index

  bool holds_file(std::shared_ptr<io::Input> input, std::size_t file) const {
    Report report(Report::Mode::judge);
    const auto model = set_.open_file(std::move(input), report);
    const PlannedShard& shard = set_.files.layout.shards[file];
    return same_tensors(model->tensors(),
                        std::span(set_.files.layout.tensors).subspan(shard.first, shard.count));
  }

  /// Puts the files in place that the directory was told of, and those around them. Returns the names of the
  /// files and of their index.
  std::vector<std::string> publish(io::DirectoryOutput& directory, const SidePlaces& side) const {
    for (const SideFile& file : side.written) {
      io::Output& output = directory.add(file.path);
      file.put([&](ByteSpan bytes) { output.write(bytes); });
    }
    std::vector<std::string> names;
    for (const HeadedFile& file : set_.files.files) names.push_back(file.name);
    if (!set_.index_path.empty()) {
      directory.add(set_.index_path).write(bytes_of(set_.index));
      names.push_back(set_.index_path);
    }
    // The first file may be in its place already, where a publishing was interrupted.
    const bool goes = !set_.usual_index.empty() || directory.has(first_to_go());
    directory.publish(goes ? first_to_go() : std::string(),
                      earlier_files(directory.path(), set_.extension, set_.usual_index, names));
    return names;
  }

  void write_files(io::DirectoryOutput& directory, io::Progress* progress) const {
    const HeadedFiles& files = set_.files;
    WeightPass pass(plan_.models, files.layout, {}, plan_.jobs);
    if (progress != nullptr) progress->total += pass.bytes();
    std::vector<io::Output*> outputs;
    for (std::size_t i = 0; i < files.files.size(); ++i) {
      outputs.push_back(&directory.add(files.files[i].name));
      pass.copy_to(i, *outputs.back(), files.files[i].head_size);
    }
    pass.run(progress);
    if (plan_.fill_in_texts) plan_.fill_in_texts();
    for (std::size_t i = 0; i < files.files.size(); ++i)
      files.files[i].put_head([&](ByteSpan bytes) { outputs[i]->write(bytes); });
    for (const Model* model : plan_.models) model->require_unchanged();
  }

  /// Without which no model is read: the index, also one of an earlier export, which would name files that
  /// are not there any more; else the first file.
  const std::string& first_to_go() const {
    if (!set_.index_path.empty()) return set_.index_path;
    return set_.usual_index.empty() ? set_.files.files.front().name : set_.usual_index;
  }

  const Plan& plan_;
  HeadedSet set_;
};

}  // namespace

std::unique_ptr<SetDraft> draft_of_set(const Plan& plan, HeadedSet set) {
  std::vector<std::string> paths;
  for (const HeadedFile& file : set.files.files) paths.push_back(file.name);
  if (!set.index_path.empty()) paths.push_back(set.index_path);
  require_sound(plan.side_files, paths, plan.models.front()->path());
  return std::make_unique<HeadedSetDraft>(plan, std::move(set));
}

}  // namespace aerotool
