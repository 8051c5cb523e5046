#include "transfer/weight_pass.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/seekable_zstd.hpp"
#include "transfer/held_files.hpp"
#include "transfer/read_files.hpp"

namespace aerotool {

WeightPass::WeightPass(const std::vector<const Model*>& models, const TensorLayout& layout,
                       const WantedDigests& wanted, unsigned jobs, HeldFiles held)
    : models_(models),
      layout_(layout),
      wanted_(wanted),
      jobs_(jobs),
      held_(held == HeldFiles::all ? FileChoice() : files_read(models, layout)),
      source_check_(models, layout),
      input_check_(layout),
      checksum_check_([this](std::size_t tensor) -> StoredTensor {
        return {layout_.tensors[tensor].model, layout_.tensors[tensor].index};
      }),
      wanted_checksums_([this](std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) {
        layout_.tensors[tensor].read(offset, out);
      }),
      regions_(layout.shards.size()) {
  const bool any_digest =
      std::any_of(layout.tensors.begin(), layout.tensors.end(),
                  [](const PlannedTensor& planned) { return planned.stored_digest().has_value(); });
  const bool in_order = std::any_of(
      layout.tensors.begin(), layout.tensors.end(),
      [](const PlannedTensor& planned) { return !planned.is_stored() && planned.made->bytes->in_order(); });
  if (in_order) most_jobs_ = 1;
  for (const Model* model : models_) most_jobs_ = std::min(most_jobs_, jobs_for_reading(*model, jobs_));
  if (wanted_.tensors || any_digest) tensor_tasks_ = std::vector<io::HashTask>(layout.tensors.size());
  // A tensor that fills its shard is checked by the shard's digest.
  for (std::size_t shard = 0; shard < layout.shards.size() && !tensor_tasks_.empty(); ++shard) {
    const PlannedShard& planned = layout.shards[shard];
    for (std::size_t i = planned.first; i < planned.first + planned.count; ++i)
      wanted_.shards = wanted_.shards || fills_shard(i, shard);
  }
  if (wanted_.shards) shard_tasks_ = std::vector<io::HashTask>(layout.shards.size());
  for (std::size_t shard = 0; shard < regions_.size(); ++shard) {
    io::Region& region = regions_[shard];
    region.length = layout.shards[shard].size;
    region.read = [this, shard](std::uint64_t offset, std::span<std::byte> out) {
      read_planned(layout_, shard, offset, out);
    };
    region.page_size = wanted_.page_size.value_or(0);
    if (has_frames(shard)) region.run = io::kUsualSeekableFrame;
    if (wanted_.shards) io::add_whole_digest(region, shard_tasks_[shard]);
    add_tensor_digests(shard);
    add_checksums(shard);
    source_check_.add_layers(shard, region);
  }
  for (const Model* model : models_) hash_reads(*model, held_);
  others_ = source_check_.other_regions();
  if (auto region = input_check_.region()) others_.push_back(std::move(*region));
}

bool WeightPass::computes() const {
  const bool of_files = std::any_of(models_.begin(), models_.end(), [this](const Model* model) {
    return model->files_size(held_) != 0 || holds_sha256(*model, held_);
  });
  const bool may_refuse = std::ranges::any_of(layout_.tensors, [](const PlannedTensor& planned) {
    return !planned.is_stored() && planned.made->bytes->may_refuse();
  });
  return may_refuse || wanted_.shards || !tensor_tasks_.empty() || wanted_.page_size || source_check_.any() ||
         input_check_.any() || checksum_check_.any() || wanted_checksums_.any() || of_files;
}

std::uint64_t WeightPass::bytes() const {
  std::uint64_t bytes = 0;
  for (const io::Region& region : regions_) bytes += region.length;
  for (const io::Region& region : others_) bytes += region.length;
  for (const Model* model : models_) bytes += model->files_size(held_);
  return bytes;
}

void WeightPass::copy_to(std::size_t shard, io::Output& output, std::uint64_t offset) {
  regions_[shard].output = &output;
  regions_[shard].output_offset = offset;
}

void WeightPass::watch(std::size_t shard, Look look) {
  Look& visit = regions_[shard].visit;
  if (!visit) {
    visit = std::move(look);
    return;
  }
  visit = [first = std::move(visit), second = std::move(look)](std::uint64_t offset, ByteSpan bytes) {
    first(offset, bytes);
    second(offset, bytes);
  };
}

void WeightPass::expect_reads(std::size_t first, std::size_t end) const {
  for (const Model* model : models_) {
    if (!model->is_remote()) continue;
    std::vector<std::size_t> wanted;
    for (const PlannedShard& shard : std::span(layout_.shards).subspan(first, end - first)) {
      for (std::size_t i = shard.first; i < shard.first + shard.count; ++i) {
        for (const StoredTensor& input : layout_.tensors[i].inputs()) {
          if (input.model == model) wanted.push_back(input.index);
        }
      }
    }
    model->expect_reads(wanted);
  }
}

void WeightPass::run(io::Progress* progress, const Sink& in_order) {
  expect_reads(0, layout_.shards.size());
  io::run(regions_, {.jobs = std::min(jobs_, most_jobs_), .progress = progress, .in_order = in_order});
  io::run(others_, {.jobs = jobs_, .progress = progress, .in_order = {}});
  // Of no more use, and there can be as many as tensors.
  for (io::Region& region : regions_) std::vector<io::Layer>().swap(region.layers);
  std::vector<io::Region>().swap(others_);
  tensor_digests_.reserve(tensor_tasks_.size());
  for (const io::HashTask& task : tensor_tasks_) tensor_digests_.push_back(task.digest);
  std::vector<io::HashTask>().swap(tensor_tasks_);
  if (!tensor_digests_.empty()) {
    require_tensor_digests(layout_, [this](std::size_t shard, std::size_t tensor) -> const Digest& {
      return tensor_digest(shard, tensor);
    });
  }
  input_check_.judge();
  checksum_check_.judge();
  if (wanted_.checksums) {
    for (std::size_t i = 0; i < layout_.tensors.size(); ++i) {
      if (wanted_checksums_.wants(i)) wanted_checksums_.finish(i);
    }
  }
  source_check_.judge();
  for (const PlannedTensor& planned : layout_.tensors) {
    if (!planned.is_stored()) planned.made->bytes->judge();
  }
  // The hashes above name the tensors; what only a hash of a whole file tells comes after them.
  for (const Model* model : models_) {
    model->verify_files(jobs_, progress, held_);
    require_sha256(*model, held_);
  }
}

bool WeightPass::has_frames(std::size_t shard) const {
  const PlannedShard& planned = layout_.shards[shard];
  return std::ranges::any_of(std::span(layout_.tensors).subspan(planned.first, planned.count),
                             [](const PlannedTensor& tensor) {
                               if (!tensor.is_stored()) return false;
                               const auto range = tensor.model->stored_range(tensor.index);
                               return range && range->encoding == StoredEncoding::zstd_seekable;
                             });
}

bool WeightPass::fills_shard(std::size_t tensor, std::size_t shard) const {
  return layout_.tensors[tensor].tensor().size == layout_.shards[shard].size;
}

void WeightPass::add_tensor_digests(std::size_t shard) {
  if (tensor_tasks_.empty()) return;
  io::Region& region = regions_[shard];
  io::Layer layer;
  const PlannedShard& planned = layout_.shards[shard];
  for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
    const PlannedTensor& tensor = layout_.tensors[i];
    if (fills_shard(i, shard) || !(wanted_.tensors || tensor.stored_digest())) continue;
    io::HashTask& task = tensor_tasks_[i];
    task.length = tensor.tensor().size;
    task.read = &region.read;
    task.base = layout_.offsets[i];
    layer.push_back({task.base, task.base + task.length, &task, 0});
  }
  region.layers.push_back(std::move(layer));
}

void WeightPass::add_checksums(std::size_t shard) {
  const PlannedShard& planned = layout_.shards[shard];
  const std::size_t end = planned.first + planned.count;
  bool any = false;
  for (std::size_t i = planned.first; i < end; ++i) {
    const PlannedTensor& tensor = layout_.tensors[i];
    if (tensor.is_stored()) checksum_check_.expect(i);
    // What is checked is not computed twice.
    if (wanted_.checksums && !checksum_check_.expects(i, *wanted_.checksums))
      wanted_checksums_.want(i, *wanted_.checksums, tensor.tensor().size);
    any = any || checksum_check_.expects(i) || wanted_.checksums;
  }
  if (!any) return;
  regions_[shard].visit = [this, first = planned.first, end](std::uint64_t begin, ByteSpan bytes) {
    const auto offsets = std::span(layout_.offsets).first(end).subspan(first);
    // The last tensor that begins at or before the block; those without bytes share offsets and give none.
    auto i = static_cast<std::size_t>(std::ranges::upper_bound(offsets, begin) - offsets.begin()) + first;
    if (i != first) --i;
    for (; i < end && layout_.offsets[i] < begin + bytes.size(); ++i) {
      const std::uint64_t from = std::max(begin, layout_.offsets[i]);
      const std::uint64_t to =
          std::min(begin + bytes.size(), layout_.offsets[i] + layout_.tensors[i].tensor().size);
      if (from >= to) continue;
      const ByteSpan piece = bytes.subspan(from - begin, to - from);
      checksum_check_.add(i, from - layout_.offsets[i], piece);
      wanted_checksums_.add(i, from - layout_.offsets[i], piece);
    }
  };
}

const Digest& WeightPass::tensor_digest(std::size_t shard, std::size_t tensor) const {
  return fills_shard(tensor, shard) ? shard_tasks_[shard].digest : tensor_digests_[tensor];
}

hash::Checksum WeightPass::tensor_checksum(std::size_t tensor) const {
  return wanted_checksums_.wants(tensor) ? wanted_checksums_.result(tensor) : checksum_check_.result(tensor);
}

void WeightPass::stream(std::size_t shard, unsigned jobs, const Sink& sink, io::Progress* progress) const {
  expect_reads(shard, shard + 1);
  std::vector<io::Region> again(1);
  again[0].length = layout_.shards[shard].size;
  again[0].read = regions_[shard].read;
  io::HashTask task;
  io::add_whole_digest(again[0], task);
  if (!wanted_.shards) again[0].layers.clear();
  io::run(again, {.jobs = std::min(jobs, most_jobs_), .progress = progress, .in_order = sink});
  if (wanted_.shards && task.digest != shard_tasks_[shard].digest) {
    refuse_changed(shard);
  }
}

void WeightPass::refuse_changed(std::size_t shard) const {
  constexpr std::size_t kMaxPaths = 5;
  const PlannedShard& planned = layout_.shards[shard];
  std::vector<std::string> paths;
  for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
    for (const StoredTensor& input : layout_.tensors[i].inputs()) {
      const std::string& path = input.model->path_of(input.index);
      if (std::find(paths.begin(), paths.end(), path) != paths.end()) continue;
      input.model->require_unchanged();  // tells which, where its times do
      paths.push_back(path);
    }
  }
  if (paths.empty()) paths.push_back(layout_.tensors[planned.first].path());
  if (paths.size() == 1) throw IoError(Where{paths.front(), {}, {}}, "changed while it was read");
  std::string names;
  for (std::size_t i = 0; i < paths.size() && i < kMaxPaths; ++i)
    names += (i == 0 ? "" : ", ") + escape_controls(paths[i]);
  if (paths.size() > kMaxPaths) names += " and " + std::to_string(paths.size() - kMaxPaths) + " more";
  throw IoError({}, names + ": one of these files changed while it was read");
}

}  // namespace aerotool
