#include "model/parted_model.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "io/beside.hpp"
#include "io/parallel.hpp"

namespace aerotool {
const std::string& PartedModel::path_of(std::size_t tensor) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->path_of(place.tensor);
}

void PartedModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  const Place& place = places_[tensor];
  parts_[place.part]->read(place.tensor, offset, out);
}

std::vector<Seal> PartedModel::seals() const {
  // The tensors of each part under their numbers here; those that were left out have none.
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::vector<std::vector<std::size_t>> numbers(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part)
    numbers[part].assign(parts_[part]->tensors().size(), kNone);
  for (std::size_t i = 0; i < places_.size(); ++i) numbers[places_[i].part][places_[i].tensor] = i;
  std::vector<Seal> all;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    for (Seal& seal : parts_[part]->seals()) {
      std::erase_if(seal.members,
                    [&](const Seal::Member& member) { return numbers[part][member.tensor] == kNone; });
      for (Seal::Member& member : seal.members) member.tensor = numbers[part][member.tensor];
      all.push_back(std::move(seal));
    }
  }
  return all;
}

bool PartedModel::verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const {
  const Place& place = places_[tensor];
  return parts_[place.part]->verify_pages(place.tensor, begin, end);
}

void PartedModel::require_unchanged() const {
  for (const auto& part : parts_) part->require_unchanged();
}

bool PartedModel::check_parts(const CheckOptions& options, Report& report) const {
  return check_parts(options, report, [&](std::size_t part, const CheckOptions& of_part, Report& to) {
    return parts_[part]->check(of_part, to);
  });
}

bool PartedModel::check_parts(const CheckOptions& options, Report& report, const CheckPart& check) const {
  // Each part has a report of its own, so that what is told stands in the order of the parts.
  struct Outcome {
    Report report{Report::Mode::judge};
    CheckTally tally;
    bool checked = false;
  };
  std::vector<Outcome> outcomes(parts_.size());
  const io::JobSplit split = io::split_jobs(options.jobs, parts_.size());
  io::for_each_parallel(parts_.size(), split.side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
    CheckOptions of_part = options;
    of_part.jobs = split.within;
    of_part.tally = &outcomes[i].tally;
    outcomes[i].checked = check(i, of_part, outcomes[i].report);
  });
  bool checked = true;
  for (Outcome& outcome : outcomes) {
    report.absorb(outcome.report);
    if (options.tally != nullptr) options.tally->add(std::move(outcome.tally));
    checked = checked && outcome.checked;
  }
  return checked;
}

std::vector<Shard> PartedModel::shards() const {
  std::vector<Shard> all;
  for (const auto& part : parts_) {
    for (Shard& shard : part->overview().shards) all.push_back(std::move(shard));
  }
  return all;
}

void PartedModel::add_files(Overview& view) const {
  for (const auto& part : parts_) view.files.push_back({part->path(), part->overview().file_size});
  view.file_size = 0;
  for (const FileLine& file : view.files) {
    // Sparse files have any size they like.
    view.file_size =
        checked_add(view.file_size, file.size).value_or(std::numeric_limits<std::uint64_t>::max());
  }
}

void PartedModel::add_part(std::unique_ptr<Model> part) {
  const auto& tensors = part->tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors_.push_back(tensors[i]);
    tensors_.back().shard += shard_count_;
    places_.push_back({parts_.size(), i});
  }
  shard_count_ += static_cast<std::uint32_t>(part->overview().shards.size());
  parts_.push_back(std::move(part));
}

std::shared_ptr<io::Input> PartedModel::open_part(const OpenPart& open, const ReadPart& read,
                                                  Report& report) {
  std::shared_ptr<io::Input> input;
  try {
    input = open();
    if (!inodes_.insert({input->status().st_dev, input->status().st_ino}).second)
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

std::shared_ptr<io::Input> PartedModel::open_part(const io::Input& index, const std::string& relative,
                                                  const ReadPart& read, Report& report) {
  return open_part([&] { return io::open_beside(index, relative); }, read, report);
}

std::vector<std::size_t> PartedModel::by_name() const {
  std::vector<std::size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tensors_[a].name < tensors_[b].name; });
  return order;
}

void PartedModel::leave_out_twins(Report& report) {
  const std::vector<std::size_t> names = by_name();
  std::vector<bool> out(tensors_.size());
  std::size_t first = 0;  // of a name, in `names`
  for (std::size_t i = 1; i < names.size(); ++i) {
    const std::string& name = tensors_[names[i]].name;
    if (tensors_[names[first]].name != name) {
      first = i;
      continue;
    }
    out[names[i]] = true;
    report.unreadable(Code::duplicate, {path(), {}, shortened(name)},
                      "is in both " + escape_controls(path_of(names[first])) + " and " +
                          escape_controls(path_of(names[i])));
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i]) kept.push_back(i);
  }
  if (kept.size() < out.size()) arrange(kept);
}

void PartedModel::arrange(const std::vector<std::size_t>& order) {
  std::vector<Tensor> tensors;
  std::vector<Place> places;
  tensors.reserve(order.size());
  places.reserve(order.size());
  for (const std::size_t i : order) {
    tensors.push_back(std::move(tensors_[i]));
    places.push_back(places_[i]);
  }
  tensors_ = std::move(tensors);
  places_ = std::move(places);
}

}  // namespace aerotool
