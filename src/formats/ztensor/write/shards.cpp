#include "formats/ztensor/write/shards.hpp"

#include <algorithm>
#include <utility>

#include "core/bytes.hpp"
#include "formats/ztensor/shard_file.hpp"
#include "formats/ztensor/write/bool_values.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "hash/running_checksum.hpp"
#include "transfer/numbered_files.hpp"
#include "transfer/ordered_checksums.hpp"

namespace aerotool::ztensor {
namespace {

/// "00001-of-00003"
std::string shard_name(std::size_t shard, std::size_t count) {
  const std::string name = numbered_file(shard, count, "");
  return name.substr(name.find('-') + 1);
}

/// Bytes of a shard's file from its first blob on.
void read_again(const TensorLayout& layout, std::size_t shard, std::uint64_t offset,
                std::span<std::byte> out) {
  const std::uint64_t end = layout.shards[shard].size;
  const auto blobs = out.first(std::min<std::uint64_t>(out.size(), end - std::min(offset, end)));
  if (!blobs.empty()) read_planned(layout, shard, offset, blobs);
  const std::string footer = render_shard_footer();
  const auto rest = out.subspan(blobs.size());
  if (rest.empty()) return;
  std::ranges::copy(bytes_of(footer).subspan(offset + blobs.size() - end, rest.size()), rest.begin());
}

}  // namespace

std::unique_ptr<Shards> Shards::of(const Plan& plan, std::uint64_t most) {
  const Settings settings = settings_of(plan.options);
  WrittenObjects objects(plan, Version::v2);
  const Placing placing{.alignment = settings.alignment, .most = most};
  if (place_blobs(plan, objects, placing).layout.shards.size() == 1) return nullptr;
  Blobs blobs = place_blobs_once(plan, objects, placing);
  if (blobs.layout.shards.size() == 1) return nullptr;
  return std::make_unique<Shards>(plan, settings, std::move(objects), std::move(blobs));
}

Shards::Shards(const Plan& plan, Settings settings, WrittenObjects objects, Blobs blobs)
    : plan_(plan),
      content_(content_of(plan, Restore::no)),
      settings_(settings),
      objects_(std::move(objects)),
      blobs_(std::move(blobs)) {
  require_bools(plan);
  const std::size_t count = blobs_.layout.shards.size();
  for (std::size_t i = 0; i < count; ++i) {
    File& file = files_.emplace_back();
    file.shard = shard_name(i, count);
    file.name = file_name_of_shard(std::string(kRootFile), file.shard);
    const std::uint64_t weights =
        settings_.level == 0 ? blobs_.layout.shards[i].size : compressed_bound(blobs_, i);
    file.size = blobs_.begin + weights + kFooterSize;
    file.digest = hash::to_string(hash::Checksum{.algorithm = settings_.algorithm()});
  }
}

std::vector<std::string> Shards::names() const {
  std::vector<std::string> names;
  for (const File& file : files_) names.push_back(file.shard);
  return names;
}

std::vector<std::string> Shards::files() const {
  std::vector<std::string> files;
  for (const File& file : files_) files.push_back(file.name);
  return files;
}

PlanSummary Shards::summary() const {
  PlanSummary summary;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    summary.files.push_back({files_[i].name, files_[i].size, 1, blobs_.layout.shards[i].count});
    summary.total_bytes += files_[i].size;
  }
  const auto shards = entries();
  const std::uint64_t root = settings_.alignment + index_bound(plan_, indexed(shards)) + kFooterSize;
  summary.files.push_back({std::string(kRootFile), root, 0, plan_.tensors.size()});
  summary.total_bytes += root;
  summary.total_is_bound = settings_.level != 0;
  summary.lost = content_.lost;
  summary.dropped = content_.dropped;
  return summary;
}

void Shards::write(io::DirectoryOutput& directory, io::Progress* progress) {
  WeightPass pass(plan_.models, blobs_.layout, wanted_digests(settings_), plan_.jobs);
  if (progress != nullptr) progress->total += pass.bytes();
  settings_.level == 0 ? write_raw(directory, pass, progress) : write_encoded(directory, pass, progress);
  const auto shards = entries();
  io::Output& root = directory.add(std::string(kRootFile));
  root.write(bytes_of(render_head(settings_)));
  write_index(indexed(shards), pass, compressed_, settings_.alignment,
              [&](ByteSpan bytes) { root.write(bytes); });
  for (const Model* model : plan_.models) model->require_unchanged();
}

void Shards::write_raw(io::DirectoryOutput& directory, WeightPass& pass, io::Progress* progress) {
  const std::string head = render_head(settings_);
  const std::string footer = render_shard_footer();
  OrderedChecksums digests([&](std::size_t shard, std::uint64_t offset, std::span<std::byte> out) {
    read_again(blobs_.layout, shard, offset - head.size(), out);
  });
  for (std::size_t i = 0; i < files_.size(); ++i) {
    digests.want(i, settings_.algorithm(), files_[i].size);
    digests.add(i, 0, bytes_of(head));
    pass.watch(i, [&digests, i, begin = head.size()](std::uint64_t offset, ByteSpan bytes) {
      digests.add(i, begin + offset, bytes);
    });
    io::Output& output = directory.add(files_[i].name);
    output.leave_out_zeros();
    output.write(bytes_of(head));
    pass.copy_to(i, output, head.size());
    output.write_at(files_[i].size - footer.size(), bytes_of(footer));
  }
  pass.run(progress);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    digests.add(i, files_[i].size - footer.size(), bytes_of(footer));
    files_[i].digest = hash::to_string(digests.finish(i));
  }
}

void Shards::write_encoded(io::DirectoryOutput& directory, WeightPass& pass, io::Progress* progress) {
  if (progress != nullptr) {
    for (const PlannedTensor& planned : blobs_.layout.tensors) progress->total += planned.tensor().size;
  }
  pass.run(progress);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    io::Output& output = directory.add(files_[i].name);
    output.leave_out_zeros();
    hash::RunningChecksum digest(settings_.algorithm());
    const Put put = [&](ByteSpan bytes) {
      output.write(bytes);
      digest.add(bytes);
    };
    put(bytes_of(render_head(settings_)));
    const std::uint64_t end =
        write_compressed(plan_, blobs_, i, settings_.level, pass, put, progress, compressed_);
    put(bytes_of(render_shard_footer()));
    files_[i].size = end + kFooterSize;
    files_[i].digest = hash::to_string(digest.finish());
  }
}

std::vector<ShardEntry> Shards::entries() const {
  std::vector<ShardEntry> entries;
  for (const File& file : files_)
    entries.push_back({.name = file.shard, .size = file.size, .digest = file.digest});
  return entries;
}

IndexedBlobs Shards::indexed(std::span<const ShardEntry> shards) const {
  return {.objects = objects_,
          .attributes = content_.attributes,
          .blobs = blobs_,
          .settings = settings_,
          .shards = shards};
}

}  // namespace aerotool::ztensor
