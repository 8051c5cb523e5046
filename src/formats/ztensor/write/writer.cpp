#include "formats/ztensor/write/writer.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/content.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "formats/ztensor/write/options.hpp"
#include "formats/ztensor/write/restored_file.hpp"
#include "formats/ztensor/write/written_objects.hpp"

namespace aerotool::ztensor {
namespace {

/// A digest of the width that every one of them has, to measure the index with.
constexpr std::string_view kSomeDigest = "xxh3:0000000000000000";

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
        alignment_(alignment_of(plan.options)),
        objects_(written_objects(plan, Version::v2)) {}

  PlanSummary summary() const override {
    const Blobs blobs = place_blobs(plan_, objects_, alignment_);
    PlanSummary summary = summary_of(
        content_, {"data", {}, blobs.begin, blobs.layout.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = size_with(blobs);
    // Parts of equal bytes are found as they are written.
    summary.total_is_bound = true;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    const Blobs blobs = place_blobs_once(plan_, objects_, alignment_);
    output.require_space(size_with(blobs));
    const FileParts parts = {
        .head = std::string(kMagic2) + std::string(alignment_ - kMagicSize, '\0'),
        .layout = blobs.layout,
        .wanted = {.shards = false, .tensors = false, .page_size = {}, .checksums = hash::Algorithm::xxh3},
        .tail = [&](const WeightPass& pass) { return tail(blobs, pass); }};
    write_parts(plan_, parts, output, progress);
  }

 private:
  std::uint64_t size_with(const Blobs& blobs) const {
    const std::string manifest = render_manifest_2(objects_, content_.attributes, [&](std::size_t part) {
      return PlacedPart{blobs.offset(part), std::string(kSomeDigest)};
    });
    if (manifest.size() > kMaxManifest) {
      throw UnsupportedError({plan_.models.front()->path(), {}, {}},
                             "would take an index of more than 1 GiB, which zTensor does not have");
    }
    return blobs.end + manifest.size() + kFooterSize;
  }

  /// What follows the last blob.
  std::string tail(const Blobs& blobs, const WeightPass& pass) const {
    const std::string manifest = render_manifest_2(objects_, content_.attributes, [&](std::size_t part) {
      return PlacedPart{blobs.offset(part), hash::to_string(pass.tensor_checksum(blobs.of_parts[part]))};
    });
    const std::uint64_t end = blobs.begin + blobs.layout.shards.front().size;
    return std::string(blobs.end - end, '\0') + manifest + render_footer(blobs.end, bytes_of(manifest));
  }

  const Plan& plan_;
  Content content_;
  std::uint64_t alignment_;
  std::vector<WrittenObject> objects_;
};

class RestoredDraft final : public FileDraft {
 public:
  RestoredDraft(const Plan& plan, Content content)
      : plan_(plan), content_(std::move(content)), parts_(restored_file(plan, content_.source)) {}

  PlanSummary summary() const override {
    PlanSummary summary = summary_of(
        content_, {"data", {}, kMagicSize, parts_.layout.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = size_of(parts_, content_.source);
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(size_of(parts_, content_.source));
    write_parts(plan_, parts_, output, progress);
  }

 private:
  const Plan& plan_;
  Content content_;
  FileParts parts_;
};

}  // namespace

WriteOptionList ZTensorWriter::options() const {
  return {&write::align()};
}

std::unique_ptr<FileDraft> ZTensorWriter::draft(const Plan& plan) const {
  Content content = content_of(plan);
  if (!plan.side_files.empty()) {
    for (const SideFile& file : plan.side_files) {
      if (file.hashed) static_cast<void>(digest_of(file));
    }
    content.lost.push_back(side_files_text(plan.side_files) + ": one file has no place for them");
  }
  if (content.restores) return std::make_unique<RestoredDraft>(plan, std::move(content));
  return std::make_unique<Draft>(plan, std::move(content));
}

}  // namespace aerotool::ztensor
