#include "formats/aeroset/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <unordered_set>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "formats/aero/read/reader.hpp"
#include "formats/aero/write/file_builder.hpp"
#include "formats/aero/write/plan_shards.hpp"
#include "formats/aeroset/finished_file.hpp"
#include "formats/aeroset/layout.hpp"
#include "formats/aeroset/parse.hpp"
#include "formats/aeroset/render.hpp"
#include "hash/sha256.hpp"
#include "io/directory_output.hpp"
#include "io/file_input.hpp"
#include "io/listing.hpp"
#include "transfer/existing_files.hpp"
#include "transfer/part_layout.hpp"

namespace aerotool::aeroset {
namespace {

using aero::AeroFileBuilder;

constexpr std::uint64_t kDefaultPartShards = 4;

/// A file of the set on its way.
struct SetFileBuild {
  std::string name;
  AeroFileBuilder::Role role = AeroFileBuilder::Role::part;
  std::size_t first_shard = 0;
  std::size_t shard_count = 0;
  mutable std::optional<AeroFileBuilder> builder = {};  // made when it is asked for
  std::uint64_t size = 0;                               // once it is written, or kept
  Digest sha256{};
  bool in_place = false;  // stands under its own name already
  bool kept = false;
};

class AerosetDraft final : public SetDraft, public SetParts {
 public:
  explicit AerosetDraft(const Plan& plan)
      : plan_(plan), layout_(aero::lay_out_tensors(plan)), content_(plan) {
    const std::size_t shards = layout_.shards.size();
    const std::uint64_t most = plan.options.get(max_part_shards()).value_or(kDefaultPartShards);
    for (std::size_t first = 0; first < shards;) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, shards - first));
      add_file(part_name(files_.size()), AeroFileBuilder::Role::part, first, count);
      first += count;
    }
    add_file(std::string(kTensorIndexName), AeroFileBuilder::Role::index, 0, shards);
  }

  PlanSummary summary() const override {
    PlanSummary summary;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const AeroFileBuilder& builder = builder_of(files_[i]);
      const bool part = i + 1 < files_.size();
      summary.files.push_back(
          {files_[i].name, builder.size_bound(), part ? builder.shard_count() : 0, builder.tensor_count()});
      summary.total_bytes += builder.size_bound();
    }
    summary.total_is_bound = aero::hashes_tensors(plan_.options);
    for (std::size_t i = 0; i < layout_.shards.size(); ++i) {
      summary.shards.push_back({aero::shard_name(i), {}, 0, layout_.shards[i].size, layout_.shards[i].count});
    }
    static_cast<NotKept&>(summary) = not_kept();
    summary.keeps_side_files = true;
    return summary;
  }

  ExistingFiles existing(const std::string& directory, bool compare) const override {
    ExistingFiles existing;
    if (io::type_of(directory) != io::FileType::directory) return existing;
    const auto note = [&](const std::string& name, const HoldsSame& same) {
      note_existing(directory, name, compare ? same : HoldsSame(), existing);
    };
    for (const SetFileBuild& file : files_)
      note(file.name, [&](std::shared_ptr<io::Input> input) { return holds_file(std::move(input), file); });
    note(std::string(kIndexName),
         [&](const std::shared_ptr<io::Input>& input) { return names_same_files(text_of(*input)); });
    for (const std::string& name : parts_of_an_older_index(directory)) {
      const std::string path = io::path_in(directory, name);
      if (io::is_link(path) || io::type_of(path) != io::FileType::none) existing.removed.push_back(name);
    }
    return existing;
  }

  SetResult write(const std::string& directory, io::Progress* progress) override {
    io::DirectoryOutput output(directory);
    require_space_at_most(output);
    WeightPass pass(plan_.models, layout_, wanted_digests(), plan_.jobs);
    if (progress != nullptr) {
      progress->total += pass.bytes();
      for (const PlannedShard& shard : layout_.shards) progress->total += shard.size;
    }
    pass.run(progress);
    for (const SetFileBuild& file : files_) builder_of(file).finish(digests_of(pass));
    build_files(output, pass, progress);
    for (const Model* model : plan_.models) model->require_unchanged();
    publish(output);
    SetResult result;
    for (const SetFileBuild& file : files_) (file.kept ? result.kept : result.written).push_back(file.name);
    return result;
  }

  SetParts* parts() override { return this; }

  std::size_t part_count() const override { return files_.size() - 1; }

  DraftedPart part(std::size_t number) const override {
    const SetFileBuild& file = files_[number];
    DraftedPart part = {file.name, 0, part_tensors(layout_, file.first_shard, file.shard_count)};
    for (std::size_t i = 0; i < file.shard_count; ++i)
      part.bytes += layout_.shards[file.first_shard + i].size;
    return part;
  }

  std::vector<std::string> closing_files() const override {
    return {std::string(kTensorIndexName), std::string(kIndexName)};
  }

  NotKept not_kept() const override {
    NotKept not_kept;
    not_kept.lost = content_.lost();
    not_kept.dropped = content_.dropped();
    return not_kept;
  }

  WrittenPart write_part(std::size_t number, io::Output& output, io::Progress* progress) override {
    SetFileBuild& file = files_[number];
    AeroFileBuilder& builder = builder_of(file);
    output.require_space(builder.size_bound());
    const TensorLayout layout = part_layout(layout_, file.first_shard, file.shard_count);
    WeightPass pass(plan_.models, layout, wanted_digests(), plan_.jobs, HeldFiles::read_alone);
    if (progress != nullptr) {
      progress->total += pass.bytes();
      for (const PlannedShard& shard : layout.shards) progress->total += shard.size;
    }
    pass.run(progress);
    const std::size_t first_tensor = layout_.shards[file.first_shard].first;
    builder.finish(digests_of(pass, file.first_shard, first_tensor));
    build(output, file, [&](std::size_t shard, const WeightPass::Sink& put) {
      pass.stream(shard - file.first_shard, plan_.jobs, put, progress);
    });
    for (const Model* model : plan_.models) model->require_unchanged();
    WrittenPart part = {file.size, file.sha256, aero::to_string(builder.file_uuid()), {}, {}};
    file.builder.reset();
    for (std::size_t shard = 0; shard < layout.shards.size(); ++shard) {
      part.shards.push_back(pass.shard_digest(shard));
      if (!aero::hashes_tensors(plan_.options)) continue;
      const PlannedShard& planned = layout.shards[shard];
      for (std::size_t i = planned.first; i < planned.first + planned.count; ++i)
        part.tensors.push_back(pass.tensor_digest(shard, i));
    }
    return part;
  }

  void place(io::DirectoryOutput& output, std::vector<WrittenPart> parts) override {
    const std::vector<Digest> tensors = tensors_of(parts);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      files_[i].size = parts[i].size;
      files_[i].sha256 = parts[i].sha256;
    }
    SetFileBuild& index = files_.back();
    KnownDigests digests;
    digests.tensor = [&tensors](std::size_t, std::size_t tensor) -> const Digest& { return tensors[tensor]; };
    builder_of(index).finish(digests);
    output.require_space(index.builder->size_bound());
    build(output.add(index.name), index, {});
    publish(output);
  }

 private:
  void add_file(std::string name, AeroFileBuilder::Role role, std::size_t first, std::size_t count) {
    SetFileBuild& file = files_.emplace_back();
    file.name = std::move(name);
    file.role = role;
    file.first_shard = first;
    file.shard_count = count;
    names_.insert(file.name);
  }

  /// Whoever writes one part needs no other, and there can be thousands.
  AeroFileBuilder& builder_of(const SetFileBuild& file) const {
    if (!file.builder)
      file.builder.emplace(plan_, layout_, content_, file.role, file.first_shard, file.shard_count);
    return *file.builder;
  }

  WantedDigests wanted_digests() const {
    return {.shards = true,
            .tensors = aero::hashes_tensors(plan_.options),
            .page_size = plan_.options.get(aero::page_hash())};
  }

  /// The digests of all tensors, in the order of the layout; none where the set stores none.
  std::vector<Digest> tensors_of(const std::vector<WrittenPart>& parts) const {
    std::vector<Digest> all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::size_t wanted = aero::hashes_tensors(plan_.options) ? part(i).tensors.size() : 0;
      if (parts[i].shards.size() != files_[i].shard_count || parts[i].tensors.size() != wanted) {
        throw CorruptError({}, "what its receipt says of " + files_[i].name + " is not of this set",
                           Code::index);
      }
      all.insert(all.end(), parts[i].tensors.begin(), parts[i].tensors.end());
    }
    return all;
  }

  /// Whether a file describes the tensors that the new one will: those of a part, or those of the whole set.
  bool holds_file(std::shared_ptr<io::Input> input, const SetFileBuild& file) const {
    const bool part = &file != &files_.back();
    Report report(Report::Mode::judge);
    const aero::AeroModel model(std::move(input), report,
                                part ? aero::FileKind::file : aero::FileKind::set_index);
    std::span<const PlannedTensor> planned = layout_.tensors;
    if (part) planned = part_tensors(layout_, file.first_shard, file.shard_count);
    return same_tensors(model.tensors(), planned);
  }

  /// Whether an index names the files that this one will. Throws CorruptError where it is no index.
  bool names_same_files(const std::string& index) const {
    Report report(Report::Mode::judge);
    const SetIndex read = read_set_index(index, {}, report);
    if (read.tensor_index.path != kTensorIndexName || read.parts.size() + 1 != files_.size()) return false;
    for (std::size_t i = 0; i < read.parts.size(); ++i) {
      if (read.parts[i].path != files_[i].name) return false;
    }
    return true;
  }

  /// Empty where it is too long for an index.
  static std::string text_of(const io::Input& input) {
    if (input.size() > kMaxIndexBytes) return {};
    std::string text(input.view(0, input.size()).text());
    input.require_unchanged();
    return text;
  }

  /// As publish() will find them.
  std::vector<std::string> parts_of_an_older_index(const std::string& directory) const {
    std::vector<std::string> parts;
    const std::string index_name(kIndexName);
    for (io::OpenFile& file : io::placed_and_left(directory, index_name))
      add_obsolete(text_of(*io::FileInput::adopt(std::move(file), io::path_in(directory, index_name))),
                   parts);
    sort_names(parts);
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    return parts;
  }

  /// Before anything is hashed: what is there may be kept, so that only the rest is sure to need room.
  void require_space_at_most(const io::DirectoryOutput& output) const {
    std::uint64_t bytes = 0;
    for (const SetFileBuild& file : files_) {
      const std::uint64_t there = plan_.options.has(rebuild()) ? 0 : output.leftover_size(file.name);
      bytes += file.builder->size_bound() - std::min(there, file.builder->size_bound());
    }
    output.require_space(bytes);
  }

  void build_files(io::DirectoryOutput& output, const WeightPass& pass, io::Progress* progress) {
    // index.aero is small: it waits for a turn.
    const JobSplit jobs = split_jobs(plan_.jobs, files_.size() - 1);
    if (!plan_.options.has(rebuild())) {
      for_each_parallel(files_.size(), jobs.side_by_side, [&](std::size_t number, const std::atomic<bool>&) {
        keep(output, files_[number], jobs.within, progress);
      });
    }
    std::uint64_t bytes = 0;
    for (const SetFileBuild& file : files_) bytes += file.kept ? 0 : file.builder->size_bound();
    output.require_space(bytes);
    for_each_parallel(files_.size(), jobs.side_by_side,
                      [&](std::size_t number, const std::atomic<bool>& stopped) {
                        SetFileBuild& file = files_[number];
                        if (file.kept) return;
                        const auto weights = [&](std::size_t shard, const WeightPass::Sink& put) {
                          pass.stream(
                              shard, jobs.within,
                              [&](ByteSpan block) {
                                if (stopped.load()) throw Stopped{};
                                put(block);
                              },
                              progress);
                        };
                        build(output.add(file.name), file, weights);
                      });
  }

  /// Looks for the file among what is there already.
  static void keep(io::DirectoryOutput& output, SetFileBuild& file, unsigned jobs, io::Progress* progress) {
    for (auto& leftover : output.leftovers(file.name)) {
      if (leftover.size != file.builder->size_bound()) continue;
      io::OpenFile copy = leftover.file.duplicate();
      if (!copy) throw system_error(output.path_of(file.name), "open", errno);
      const auto candidate = io::FileInput::adopt(std::move(copy), output.path_of(file.name));
      const auto sha256 = finished_file(*candidate, *file.builder, jobs, progress);
      if (!sha256) continue;
      file.sha256 = *sha256;
      file.size = leftover.size;
      file.kept = true;
      file.in_place = leftover.temporary.empty();
      if (!file.in_place) output.adopt(file.name, std::move(leftover));
      return;
    }
  }

  /// `weights` hands over the bytes of a shard, in order.
  static void build(io::Output& output, SetFileBuild& file,
                    const std::function<void(std::size_t shard, const WeightPass::Sink& put)>& weights) {
    hash::Sha256 sha256;
    const auto put = [&](ByteSpan bytes) {
      sha256.add(bytes);
      output.write(bytes);
    };
    file.builder->in_order(put, [&](std::size_t shard) { weights(shard, put); });
    file.sha256 = sha256.finish();
    file.size = file.builder->size_bound();
    output.finish();
  }

  std::string render_index() const {
    SetIndex index;
    index.model_name = content_.model_name();
    index.architecture = content_.architecture();
    index.base_url = plan_.options.get(base_url());
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const SetFileBuild& file = files_[i];
      const SetFile entry = {file.name, file.sha256, file.size};
      if (i + 1 == files_.size()) {
        index.tensor_index = entry;
        continue;
      }
      SetPart& part = index.parts.emplace_back();
      static_cast<SetFile&>(part) = entry;
      for (std::size_t k = 0; k < file.shard_count; ++k) part.shards.push_back(file.first_shard + k);
    }
    return render_set_index(index);
  }

  /// Adds the parts that an older index names and the new one does not.
  void add_obsolete(const std::string& old_index, std::vector<std::string>& obsolete) const {
    try {
      Report report(Report::Mode::judge);
      for (const SetPart& part : read_set_index(old_index, {}, report).parts) {
        if (is_part_name(part.path) && !names_.contains(part.path)) obsolete.push_back(part.path);
      }
    } catch (const Error&) {
      // What is no index of a set names no parts.
    }
  }

  void publish(io::DirectoryOutput& output) const {
    const std::string index_name(kIndexName);
    const std::string index = render_index();
    std::string old_index;
    std::vector<std::string> obsolete;
    // A run that was killed while it put its files in place had set the index aside.
    for (auto& leftover : output.leftovers(index_name)) {
      if (leftover.size > kMaxIndexBytes) continue;
      const bool in_place = leftover.temporary.empty();
      const auto input = io::FileInput::adopt(std::move(leftover.file), output.path_of(index_name));
      const std::string text = text_of(*input);
      add_obsolete(text, obsolete);
      if (in_place) old_index = text;
    }
    const bool all_in_place =
        std::all_of(files_.begin(), files_.end(), [](const SetFileBuild& file) { return file.in_place; });
    if (!all_in_place || index != old_index || !obsolete.empty()) {
      output.add(index_name).write(bytes_of(index));
      output.publish(index_name, obsolete);
    } else {
      output.set_time_to_now(index_name);
    }
    output.remove_stale([&](const std::string& target) {
      return is_part_name(target) || names_.contains(target) || target == index_name;
    });
  }

  const Plan& plan_;
  TensorLayout layout_;
  aero::PlanContent content_;
  std::deque<SetFileBuild> files_;              // the parts, and index.aero
  std::unordered_set<std::string_view> names_;  // of them
};

}  // namespace

std::unique_ptr<SetDraft> AerosetWriter::draft(const Plan& plan) const {
  return std::make_unique<AerosetDraft>(plan);
}

}  // namespace aerotool::aeroset
