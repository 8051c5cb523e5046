#include "formats/ztensor/write/writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/checked.hpp"
#include "formats/ztensor/write/blob_index.hpp"
#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/bool_values.hpp"
#include "formats/ztensor/write/compressed_file.hpp"
#include "formats/ztensor/write/content.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "formats/ztensor/write/options.hpp"
#include "formats/ztensor/write/restored_file.hpp"
#include "formats/ztensor/write/written_objects.hpp"
#include "transfer/carried.hpp"

namespace aerotool::ztensor {
namespace {

PlanSummary summary_of(const Content& content, Shard shard) {
  PlanSummary summary;
  summary.shards.push_back(std::move(shard));
  summary.lost = content.lost;
  summary.dropped = content.dropped;
  return summary;
}

class Draft final : public FileDraft {
 public:
  Draft(const Plan& plan, Content content)
      : plan_(plan),
        content_(std::move(content)),
        settings_(settings_of(plan.options)),
        objects_(plan, Version::v2) {
    require_bools(plan_);
  }

  PlanSummary summary() const override {
    const Blobs blobs = place_blobs(plan_, objects_, placing());
    PlanSummary summary = summary_of(
        content_, {"data", {}, blobs.begin, blobs.layout.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = bound_with(blobs);
    // Parts of equal bytes are found as they are written.
    summary.total_is_bound = true;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    const Blobs blobs = place_blobs_once(plan_, objects_, placing());
    output.require_space(room_with(blobs));
    output.leave_out_zeros();
    settings_.level == 0 ? write_raw(blobs, output, progress) : write_encoded(blobs, output, progress);
  }

 private:
  Placing placing() const { return {.alignment = settings_.alignment, .most = {}}; }
  IndexedBlobs indexed(const Blobs& blobs) const {
    return {.objects = objects_, .attributes = content_.attributes, .blobs = blobs, .settings = settings_};
  }

  std::uint64_t bound_with(const Blobs& blobs) const {
    const std::uint64_t weights =
        settings_.level == 0 ? blobs.layout.shards.front().size : compressed_bound(blobs, 0);
    return align_up(blobs.begin + weights, settings_.alignment) + index_bound(plan_, indexed(blobs)) +
           kFooterSize;
  }

  /// What of it is written.
  std::uint64_t room_with(const Blobs& blobs) const {
    if (settings_.level != 0) return bound_with(blobs);
    const std::uint64_t end = blobs.begin + blobs.layout.shards.front().size;
    return bound_with(blobs) - (end - std::min(end, blobs.room(0)));
  }

  /// What follows the last blob, which ends at `end`.
  void write_tail(const Blobs& blobs, const WeightPass& pass, std::uint64_t end,
                  const std::vector<CompressedBlob>& compressed, const Put& put) const {
    const std::uint64_t begin = align_up(end, settings_.alignment);
    put(std::vector<std::byte>(begin - end));
    write_index(indexed(blobs), pass, compressed, begin, put);
  }

  void write_raw(const Blobs& blobs, io::Output& output, io::Progress* progress) const {
    const FileParts parts = {.head = render_head(settings_),
                             .layout = blobs.layout,
                             .wanted = wanted_digests(settings_),
                             .tail = [&](const WeightPass& pass, const Put& put) {
                               write_tail(blobs, pass, blobs.begin + blobs.layout.shards.front().size, {},
                                          put);
                             }};
    write_parts(plan_, parts, output, progress);
  }

  /// The sources are held to their hashes by a read before.
  void write_encoded(const Blobs& blobs, io::Output& output, io::Progress* progress) const {
    WeightPass pass(plan_.models, blobs.layout, wanted_digests(settings_), plan_.jobs);
    if (progress != nullptr) {
      progress->total += pass.bytes();
      for (const PlannedTensor& planned : blobs.layout.tensors) progress->total += planned.tensor().size;
    }
    pass.run(progress);
    output.write(bytes_of(render_head(settings_)));
    std::vector<CompressedBlob> compressed;
    const Put put = [&](ByteSpan bytes) { output.write(bytes); };
    const std::uint64_t end =
        write_compressed(plan_, blobs, 0, settings_.level, pass, put, progress, compressed);
    if (plan_.fill_in_texts) plan_.fill_in_texts();
    write_tail(blobs, pass, end, compressed, put);
    for (const Model* model : plan_.models) model->require_unchanged();
  }

  const Plan& plan_;
  Content content_;
  Settings settings_;
  WrittenObjects objects_;
};

class RestoredDraft final : public FileDraft {
 public:
  RestoredDraft(const Plan& plan, Content content)
      : plan_(plan), content_(std::move(content)), file_(restored_file(plan, content_.source)) {}

  PlanSummary summary() const override {
    PlanSummary summary = summary_of(
        content_, {"data", {}, kMagicSize, file_.layout.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = size_of(file_);
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(size_of(file_));
    output.leave_out_zeros();
    const FileParts parts = {.head = file_.head,
                             .layout = file_.layout,
                             .wanted = {},
                             .tail = [&](const WeightPass&, const Put& put) { put(file_.tail.view); }};
    write_parts(plan_, parts, output, progress);
  }

 private:
  const Plan& plan_;
  Content content_;
  RestoredFile file_;
};

}  // namespace

WriteOptionList ZTensorWriter::options() const {
  return {&write::align(), &write::tensor_hash(), &write::compress()};
}

std::unique_ptr<FileDraft> ZTensorWriter::draft(const Plan& plan) const {
  Content content = content_of(plan, Restore::yes);
  for (std::string& line : lost_side_files(plan)) content.lost.push_back(std::move(line));
  return draft_of_content(plan, std::move(content));
}

std::unique_ptr<FileDraft> draft_of_content(const Plan& plan, Content content) {
  if (content.restores) return std::make_unique<RestoredDraft>(plan, std::move(content));
  return std::make_unique<Draft>(plan, std::move(content));
}

}  // namespace aerotool::ztensor
