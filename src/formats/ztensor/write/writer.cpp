#include "formats/ztensor/write/writer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/compressed_file.hpp"
#include "formats/ztensor/write/content.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "formats/ztensor/write/options.hpp"
#include "formats/ztensor/write/restored_file.hpp"
#include "formats/ztensor/write/written_objects.hpp"
#include "io/interrupt.hpp"

namespace aerotool::ztensor {
namespace {

PlanSummary summary_of(const Content& content, Shard shard) {
  PlanSummary summary;
  summary.shards.push_back(std::move(shard));
  summary.lost = content.lost;
  summary.dropped = content.dropped;
  return summary;
}

/// Version 2 has bools of 0 and 1 alone (src/formats/ztensor/FORMAT.md, "Logical types"); other formats do
/// not say. Throws UnsupportedError.
void require_bools(const Plan& plan) {
  std::vector<std::byte> block(std::size_t{256} << 10);
  for (const PlannedTensor& planned : plan.tensors) {
    const Tensor& tensor = planned.tensor();
    if (tensor.dtype != DType(DTypeCode::boolean)) continue;
    for (std::uint64_t at = 0; at < tensor.size; at += block.size()) {
      io::check_interrupt();
      const auto piece = std::span(block).first(std::min<std::uint64_t>(block.size(), tensor.size - at));
      planned.read(at, piece);
      const auto other = std::ranges::find_if(piece, [](std::byte b) { return b > std::byte{1}; });
      if (other == piece.end()) continue;
      const std::uint64_t element = at + static_cast<std::uint64_t>(other - piece.begin());
      throw UnsupportedError({planned.path(), {}, shortened(tensor.name)},
                             "element " + std::to_string(element) + " is " +
                                 std::to_string(std::to_integer<unsigned>(*other)) +
                                 "; a BOOL of zTensor 2 is 0 or 1");
    }
  }
}

class Draft final : public FileDraft {
 public:
  Draft(const Plan& plan, Content content)
      : plan_(plan),
        content_(std::move(content)),
        alignment_(alignment_of(plan.options)),
        digest_(digest_of_2(plan.options)),
        level_(level_of(plan.options)),
        objects_(written_objects(plan, Version::v2)) {
    require_bools(plan_);
  }

  PlanSummary summary() const override {
    const Blobs blobs = place_blobs(plan_, objects_, alignment_);
    PlanSummary summary = summary_of(
        content_, {"data", {}, blobs.begin, blobs.layout.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = bound_with(blobs);
    // Parts of equal bytes are found as they are written.
    summary.total_is_bound = true;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    const Blobs blobs = place_blobs_once(plan_, objects_, alignment_);
    output.require_space(bound_with(blobs));
    level_ == 0 ? write_raw(blobs, output, progress) : write_encoded(blobs, output, progress);
  }

 private:
  WantedDigests wanted() const {
    return {.shards = false,
            .tensors = false,
            .page_size = {},
            .checksums = digest_.value_or(hash::Algorithm::xxh3)};
  }

  /// The index with digests of the width that they have.
  std::uint64_t bound_with(const Blobs& blobs) const {
    const hash::Checksum some{.algorithm = digest_.value_or(hash::Algorithm::xxh3)};
    std::uint64_t manifest = 0;
    render_manifest_2(
        objects_, content_.attributes,
        [&](std::size_t part) {
          PlacedPart placed{.offset = blobs.offset(part), .length = blobs.length(part)};
          if (digest_) placed.digest = hash::to_string(some);
          placed.is_compressed = level_ != 0;
          return placed;
        },
        [&](std::string_view piece) { manifest += piece.size(); });
    if (manifest > kMaxManifest) {
      throw UnsupportedError({plan_.models.front()->path(), {}, {}},
                             "would take an index of more than 1 GiB, which zTensor does not have");
    }
    const std::uint64_t end =
        level_ == 0 ? blobs.end : blobs.begin + compressed_bound(blobs, alignment_) + alignment_;
    return end + manifest + kFooterSize;
  }

  std::string head() const { return std::string(kMagic2) + std::string(alignment_ - kMagicSize, '\0'); }

  /// What follows the last blob, which ends at `end`.
  std::string tail(const Blobs& blobs, const WeightPass& pass, std::uint64_t end,
                   const std::vector<CompressedBlob>& compressed) const {
    const std::string manifest = render_manifest_2(objects_, content_.attributes, [&](std::size_t part) {
      const std::size_t blob = blobs.of_parts[part];
      PlacedPart placed{.offset = blobs.offset(part), .length = blobs.length(part)};
      if (digest_) placed.digest = hash::to_string(pass.tensor_checksum(blob));
      if (level_ == 0) return placed;
      placed.offset = compressed[blob].offset;
      placed.length = compressed[blob].length;
      placed.is_compressed = true;
      return placed;
    });
    const std::uint64_t begin = align_up(end, alignment_);
    return std::string(begin - end, '\0') + manifest + render_footer(begin, bytes_of(manifest));
  }

  void write_raw(const Blobs& blobs, io::Output& output, io::Progress* progress) const {
    const FileParts parts = {
        .head = head(), .layout = blobs.layout, .wanted = wanted(), .tail = [&](const WeightPass& pass) {
          return tail(blobs, pass, blobs.begin + blobs.layout.shards.front().size, {});
        }};
    write_parts(plan_, parts, output, progress);
  }

  /// The sources are held to their hashes by a read before.
  void write_encoded(const Blobs& blobs, io::Output& output, io::Progress* progress) const {
    WeightPass pass(plan_.models, blobs.layout, wanted(), plan_.jobs);
    if (progress != nullptr) {
      progress->total += pass.bytes();
      for (const PlannedTensor& planned : blobs.layout.tensors) progress->total += planned.tensor().size;
    }
    pass.run(progress);
    output.write(bytes_of(head()));
    std::uint64_t end = blobs.begin;
    const auto compressed = write_compressed(plan_, blobs, level_, alignment_, pass, output, end, progress);
    output.write(bytes_of(tail(blobs, pass, end, compressed)));
    for (const Model* model : plan_.models) model->require_unchanged();
  }

  const Plan& plan_;
  Content content_;
  std::uint64_t alignment_;
  std::optional<hash::Algorithm> digest_;
  int level_;
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
  return {&write::align(), &write::tensor_hash(), &write::compress()};
}

std::unique_ptr<FileDraft> ZTensorWriter::draft(const Plan& plan) const {
  Content content = content_of(plan, Restore::yes);
  if (content.restores) return std::make_unique<RestoredDraft>(plan, std::move(content));
  return std::make_unique<Draft>(plan, std::move(content));
}

}  // namespace aerotool::ztensor
