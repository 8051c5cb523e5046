#include "transfer/source_check.hpp"

#include <algorithm>
#include <memory>

#include "core/text.hpp"

namespace aerotool {
namespace {

/// Several runs of bytes as one: there can be as many gaps as tensors, and a region for each would take many
/// times their memory.
class JoinedRuns {
 public:
  /// `read` outlives this.
  explicit JoinedRuns(const io::ReadAt& read) : read_(&read) {}

  std::uint64_t length() const { return length_; }
  void add(std::uint64_t offset, std::uint64_t length) {
    runs_.push_back({length_, offset});
    length_ += length;
  }
  void read(std::uint64_t offset, std::span<std::byte> out) const {
    auto run = std::partition_point(runs_.begin(), runs_.end(), [&](const Run& r) { return r.at <= offset; });
    --run;
    while (!out.empty()) {
      const auto next = std::next(run);
      const std::uint64_t end = next == runs_.end() ? length_ : next->at;
      const auto piece = out.first(std::min<std::uint64_t>(out.size(), end - offset));
      (*read_)(run->offset + (offset - run->at), piece);
      offset += piece.size();
      out = out.subspan(piece.size());
      run = next;
    }
  }

 private:
  struct Run {
    std::uint64_t at = 0;      // among the joined bytes
    std::uint64_t offset = 0;  // in what is read
  };
  const io::ReadAt* read_;
  std::vector<Run> runs_;
  std::uint64_t length_ = 0;
};

}  // namespace

SourceCheck::SourceCheck(const std::vector<const Model*>& models, const TensorLayout& layout)
    : layout_(layout) {
  for (const Model* model : models) {
    std::vector<HashedRun> seals = model->hashed_runs();
    if (seals.empty()) continue;
    if (members_.empty()) members_.resize(layout.tensors.size(), {kNone, 0});
    // Which planned tensor each of the model's is; most plans hold all of them.
    std::vector<std::size_t> planned(model->tensors().size(), kNone);
    std::vector<bool> read(planned.size());
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
      const PlannedTensor& tensor = layout.tensors[i];
      if (!tensor.is_stored()) {
        for (const StoredTensor& input : tensor.inputs()) {
          if (input.model == model) read[input.index] = true;
        }
      } else if (tensor.model == model) {
        planned[tensor.index] = i;
        read[tensor.index] = true;
      }
    }
    for (HashedRun& run : seals) {
      const auto needs = [&](const HashedRun::Member& member) {
        return read[member.tensor] && !model->tensors()[member.tensor].digest;
      };
      if (std::none_of(run.members.begin(), run.members.end(), needs)) continue;
      CheckedRun& checked = runs_.emplace_back();
      checked.model = model;
      for (const HashedRun::Member& member : run.members) {
        if (planned[member.tensor] != kNone)
          members_[planned[member.tensor]] = {runs_.size() - 1, member.offset};
      }
      checked.run = std::move(run);
      checked.task.length = checked.run.length;
      checked.task.read = &checked.run.read;
      if (checked.run.length == 0) checked.task.digest = hash::blake3({});
      checked.page_tasks = std::vector<io::HashTask>(checked.run.pages.size());
      for (std::size_t page = 0; page < checked.page_tasks.size(); ++page) {
        io::HashTask& task = checked.page_tasks[page];
        task.base = page * checked.run.page_size;
        task.length = std::min(checked.run.page_size, checked.run.length - task.base);
        task.read = &checked.run.read;
      }
    }
  }
}

void SourceCheck::overlay(CheckedRun& checked, std::uint64_t begin, std::uint64_t end, std::uint64_t at,
                          std::vector<io::Overlay>& whole, std::vector<io::Overlay>& pages) {
  whole.push_back({at, at + (end - begin), &checked.task, begin});
  if (checked.page_tasks.empty()) return;
  for (std::uint64_t from = begin; from < end;) {
    io::HashTask& page = checked.page_tasks[from / checked.run.page_size];
    const std::uint64_t to = std::min(end, page.base + page.length);
    pages.push_back({at + (from - begin), at + (to - begin), &page, from - page.base});
    from = to;
  }
}

void SourceCheck::add_layers(std::size_t shard, io::Region& region) {
  if (members_.empty()) return;
  std::vector<io::Overlay> whole;
  std::vector<io::Overlay> pages;
  const PlannedShard& planned = layout_.shards[shard];
  for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
    const std::uint64_t size = layout_.tensors[i].tensor().size;
    if (members_[i].checked == kNone || size == 0) continue;
    overlay(runs_[members_[i].checked], members_[i].offset, members_[i].offset + size, layout_.offsets[i],
            whole, pages);
  }
  region.layers.push_back(std::move(whole));
  region.layers.push_back(std::move(pages));
}

std::vector<io::Region> SourceCheck::other_regions() {
  std::vector<io::Region> regions;
  // What the plan's own regions cover of each run, as ranges in order.
  using Range = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<std::vector<Range>> covered(runs_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::uint64_t size = layout_.tensors[i].tensor().size;
    if (members_[i].checked == kNone || size == 0) continue;
    covered[members_[i].checked].emplace_back(members_[i].offset, members_[i].offset + size);
  }
  for (std::size_t number = 0; number < runs_.size(); ++number) {
    CheckedRun& checked = runs_[number];
    std::vector<Range>& ranges = covered[number];
    std::sort(ranges.begin(), ranges.end());
    ranges.emplace_back(checked.run.length, checked.run.length);
    const auto gaps = std::make_shared<JoinedRuns>(checked.run.read);
    io::Region region;
    region.layers.resize(2);
    std::uint64_t reached = 0;
    for (const auto& [begin, end] : ranges) {
      if (begin > reached) {
        overlay(checked, reached, begin, gaps->length(), region.layers[0], region.layers[1]);
        gaps->add(reached, begin - reached);
      }
      reached = std::max(reached, end);
    }
    std::vector<Range>().swap(ranges);
    if (gaps->length() == 0) continue;
    region.length = gaps->length();
    region.read = [gaps](std::uint64_t offset, std::span<std::byte> out) { gaps->read(offset, out); };
    regions.push_back(std::move(region));
  }
  std::vector<Member>().swap(members_);
  return regions;
}

std::vector<HitTensor> SourceCheck::tensors_in(const CheckedRun& checked, std::uint64_t begin,
                                               std::uint64_t end) {
  std::vector<HitTensor> hit;
  for (const HashedRun::Member& member : checked.run.members) {
    const Tensor& tensor = checked.model->tensors()[member.tensor];
    if (tensor.size != 0 && member.offset < end && begin < member.offset + tensor.size) {
      hit.push_back({tensor.name, checked.run.path, tensor.offset, tensor.size});
    }
  }
  return hit;
}

void SourceCheck::judge() const {
  for (const CheckedRun& checked : runs_) {
    const Where where{checked.run.path, {}, {}};
    for (std::size_t page = 0; page < checked.page_tasks.size(); ++page) {
      const io::HashTask& task = checked.page_tasks[page];
      if (task.digest == checked.run.pages[page]) continue;
      throw CorruptError(where,
                         "page " + std::to_string(page) + " of " + escape_controls(checked.run.name) +
                             " is corrupt: its BLAKE3 does not match; it holds bytes of " +
                             list_names(tensors_in(checked, task.base, task.base + task.length)),
                         Code::hash);
    }
    if (checked.task.digest == checked.run.digest) continue;
    throw CorruptError(where,
                       escape_controls(checked.run.name) + " is corrupt: its BLAKE3 is " +
                           to_hex(checked.task.digest) + ", the file says " + to_hex(checked.run.digest) +
                           "; it holds " + list_names(tensors_in(checked, 0, checked.run.length)),
                       Code::hash);
  }
}

void require_none(const std::vector<HitTensor>& corrupt, std::string_view how) {
  if (corrupt.empty()) return;
  throw CorruptError(
      Where{corrupt.front().path, {}, {}},
      (corrupt.size() == 1 ? "the bytes of a tensor are"
                           : "the bytes of " + std::to_string(corrupt.size()) + " tensors are") +
          " corrupt (" + std::string(how) + "): " + list_names(corrupt),
      Code::hash);
}

void require_tensor_digests(
    const TensorLayout& layout,
    const std::function<const Digest&(std::size_t shard, std::size_t tensor)>& found) {
  std::vector<HitTensor> hit;
  for (std::size_t shard = 0; shard < layout.shards.size(); ++shard) {
    const PlannedShard& planned = layout.shards[shard];
    for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
      const PlannedTensor& source = layout.tensors[i];
      const std::optional<Digest>& digest = source.stored_digest();
      if (!digest || found(shard, i) == *digest) continue;
      const Tensor& tensor = source.model->tensors()[source.index];
      hit.push_back({tensor.name, source.path(), tensor.offset, tensor.size});
    }
  }
  require_none(hit);
}

}  // namespace aerotool
