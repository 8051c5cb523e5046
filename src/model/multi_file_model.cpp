#include "model/multi_file_model.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "core/checked.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "io/relative_path.hpp"

namespace aerotool {
const std::string& MultiFileModel::path_of(std::size_t tensor) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->path_of(place.tensor);
}

std::vector<ModelFile> MultiFileModel::files() const {
  std::vector<ModelFile> files;
  for (const auto& part : parts_) {
    for (const ModelFile& file : part->files()) files.push_back(file);
  }
  return files;
}

ModelFile MultiFileModel::file_of(std::size_t tensor) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->file_of(place.tensor);
}

void MultiFileModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  const Place& place = places_[tensor];
  parts_[place.part]->read(place.tensor, offset, out);
}

bool MultiFileModel::is_remote() const {
  return std::ranges::any_of(parts_, [](const auto& part) { return part->is_remote(); });
}

void MultiFileModel::expect_reads(std::span<const std::size_t> tensors) const {
  std::vector<std::vector<std::size_t>> of_parts(parts_.size());
  for (const std::size_t i : tensors) of_parts[places_[i].part].push_back(places_[i].tensor);
  for (std::size_t part = 0; part < parts_.size(); ++part) parts_[part]->expect_reads(of_parts[part]);
}

std::optional<StoredRange> MultiFileModel::stored_range(std::size_t tensor) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->stored_range(place.tensor);
}

std::vector<HashedRun> MultiFileModel::hashed_runs() const {
  // The tensors of each part under their numbers here; those that were left out have none.
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::vector<std::vector<std::size_t>> numbers(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part)
    numbers[part].assign(parts_[part]->tensors().size(), kNone);
  for (std::size_t i = 0; i < places_.size(); ++i) numbers[places_[i].part][places_[i].tensor] = i;
  std::vector<HashedRun> all;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    for (HashedRun& run : parts_[part]->hashed_runs()) {
      std::erase_if(run.members,
                    [&](const HashedRun::Member& member) { return numbers[part][member.tensor] == kNone; });
      for (HashedRun::Member& member : run.members) member.tensor = numbers[part][member.tensor];
      all.push_back(std::move(run));
    }
  }
  return all;
}

bool MultiFileModel::verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->verify_pages(place.tensor, begin, end);
}

void MultiFileModel::require_unchanged() const {
  for (const auto& part : parts_) part->require_unchanged();
}

std::vector<KnownFile> MultiFileModel::known_files() const {
  std::vector<KnownFile> of_parts;
  std::unordered_set<std::string_view> paths;
  for (const auto& part : parts_) {
    for (KnownFile& file : known_files_of(*part)) of_parts.push_back(std::move(file));
  }
  for (const KnownFile& file : of_parts) paths.insert(file.path);
  std::vector<KnownFile> all;
  for (const ModelFile& file : files()) {
    if (file.input != nullptr && !paths.contains(file.input->name())) all.push_back(known_index(*file.input));
  }
  std::ranges::move(of_parts, std::back_inserter(all));
  return all;
}

std::vector<std::string> MultiFileModel::files_to_check() const {
  std::vector<std::string> names;
  names.reserve(parts_.size());
  for (const auto& part : parts_) names.push_back(part->path());
  return names;
}

bool MultiFileModel::check_one_file(std::size_t file, const CheckOptions& options, Report& report) const {
  return parts_[file]->check(options, report);
}

bool MultiFileModel::check(const CheckOptions& options, Report& report) const {
  // Each file has a report of its own, so that what is told stands in the order of the files.
  struct Outcome {
    Report report{Report::Mode::judge};
    CheckTally tally;
    bool checked = false;
  };
  std::vector<Outcome> outcomes(files_to_check().size());
  const JobSplit split = split_jobs(options.jobs, outcomes.size());
  for_each_parallel(outcomes.size(), split.side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
    CheckOptions of_file = options;
    of_file.jobs = split.within;
    of_file.tally = &outcomes[i].tally;
    outcomes[i].checked = check_one_file(i, of_file, outcomes[i].report);
  });
  bool checked = true;
  for (Outcome& outcome : outcomes) {
    report.absorb(outcome.report);
    if (options.tally != nullptr) options.tally->add(std::move(outcome.tally));
    checked = checked && outcome.checked;
  }
  return checked;
}

std::vector<Shard> MultiFileModel::shards() const {
  std::vector<Shard> all;
  for (const auto& part : parts_) {
    for (Shard& shard : part->overview().shards) all.push_back(std::move(shard));
  }
  return all;
}

void MultiFileModel::add_files(Overview& view) const {
  for (const auto& part : parts_) view.files.push_back({part->path(), part->overview().file_size});
  view.file_size = 0;
  for (const FileLine& file : view.files) {
    // Sparse files have any size they like.
    view.file_size =
        checked_add(view.file_size, file.size).value_or(std::numeric_limits<std::uint64_t>::max());
  }
}

void MultiFileModel::add_part(std::unique_ptr<Model> part) {
  const auto& tensors = part->tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors_.push_back(tensors[i]);
    tensors_.back().shard += shard_count_;
    places_.push_back({parts_.size(), i});
  }
  shard_count_ += static_cast<std::uint32_t>(part->overview().shards.size());
  parts_.push_back(std::move(part));
}

std::shared_ptr<io::Input> MultiFileModel::open_part(const OpenPart& open, const ReadPart& read,
                                                     Report& report) {
  std::shared_ptr<io::Input> input;
  try {
    input = open();
    if (!opened_.insert(input->identity()).second)
      throw CorruptError({input->name(), {}, {}}, "is named twice in the index", Code::index);
    add_part(read(input, report));
    return input;
  } catch (const CorruptError& error) {
    // A file that shrank under us reads as zeros and looks corrupt.
    if (input) input->require_unchanged();
    report.unreadable(error.code(), error.where(), error.message());
  } catch (const UnsupportedError& error) {
    if (!report.judging()) throw;
    report.fault(error.code(), error.where(), error.message());
  }
  return nullptr;
}

std::shared_ptr<io::Input> MultiFileModel::open_part(const io::Input& index, const std::string& relative,
                                                     const ReadPart& read, Report& report) {
  return open_part([&] { return io::open_beside(index, relative); }, read, report);
}

std::vector<std::size_t> MultiFileModel::by_name() const {
  std::vector<std::size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tensors_[a].name < tensors_[b].name; });
  return order;
}

std::string MultiFileModel::both(std::size_t tensor, std::size_t other_part) const {
  return "is in both " + escape_controls(path_of(tensor)) + " and " +
         escape_controls(parts_[other_part]->path());
}

void MultiFileModel::leave_out_twins(Report& report, const std::function<bool(std::size_t tensor)>& meant) {
  // In use, more lines than these say nothing new.
  constexpr std::size_t kMaxTold = 3;
  const std::vector<std::size_t> names = by_name();
  std::vector<bool> out(tensors_.size());
  for (std::size_t begin = 0, end = 0; begin < names.size(); begin = end) {
    end = begin + 1;
    while (end < names.size() && tensors_[names[end]].name == tensors_[names[begin]].name) ++end;
    if (end == begin + 1) continue;
    std::size_t stays = names[begin];
    for (std::size_t i = begin; meant && i < end; ++i) {
      if (meant(names[i])) stays = names[i];
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (names[i] == stays) continue;
      out[names[i]] = true;
      twins_.push_back({stays, places_[names[i]].part});
      if (!report.judging() && twins_.size() > kMaxTold) continue;
      std::string message = both(stays, places_[names[i]].part);
      if (!report.judging()) message += "; the one in " + escape_controls(path_of(stays)) + " is used";
      report.doubt(Code::duplicate, {path(), {}, shortened(tensors_[stays].name)}, std::move(message));
    }
  }
  if (twins_.empty()) return;
  if (!report.judging() && twins_.size() > kMaxTold) {
    const std::size_t more = twins_.size() - kMaxTold;
    report.doubt(Code::duplicate, {path(), {}, {}},
                 plural(more, "more tensor") + (more == 1 ? " is" : " are") + " duplicated");
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i]) kept.push_back(i);
  }
  arrange(kept);
}

void MultiFileModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  for (const Twin& twin : twins_) {
    if (!wanted(twin.tensor)) continue;
    throw CorruptError({path(), {}, shortened(tensors_[twin.tensor].name)},
                       both(twin.tensor, twin.other_part) + "; --exclude leaves it out", Code::duplicate);
  }
}

void MultiFileModel::arrange(const std::vector<std::size_t>& order) {
  std::vector<Tensor> tensors;
  std::vector<Place> places;
  tensors.reserve(order.size());
  places.reserve(order.size());
  for (const std::size_t i : order) {
    tensors.push_back(std::move(tensors_[i]));
    places.push_back(places_[i]);
  }
  if (!twins_.empty()) {
    constexpr auto kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> number(tensors_.size(), kNone);
    for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = i;
    for (Twin& twin : twins_) twin.tensor = number[twin.tensor];
    std::erase_if(twins_, [&](const Twin& twin) { return twin.tensor == kNone; });
  }
  tensors_ = std::move(tensors);
  places_ = std::move(places);
}

}  // namespace aerotool
