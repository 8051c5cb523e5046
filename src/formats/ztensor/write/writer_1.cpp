#include "formats/ztensor/write/writer_1.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/ztensor/write/content.hpp"
#include "formats/ztensor/write/file_parts.hpp"
#include "formats/ztensor/write/manifest_1.hpp"
#include "formats/ztensor/write/options.hpp"
#include "formats/ztensor/write/written_objects.hpp"
#include "hash/running_checksum.hpp"
#include "io/interrupt.hpp"
#include "io/zstd_encoder.hpp"
#include "transfer/carried.hpp"

namespace aerotool::ztensor {
namespace {

/// In which order the releases write the parts of sparse objects; others by role.
constexpr std::array<std::string_view, 4> kFirstRoles = {"values", "indices", "indptr", "coords"};

std::size_t rank_of(const WrittenObject& object, const WrittenPart& part) {
  if (object.layout != kCsr1 && object.layout != kCoo1) return 0;
  return static_cast<std::size_t>(std::ranges::find(kFirstRoles, part.role) - kFirstRoles.begin());
}

class Draft final : public FileDraft {
 public:
  Draft(const Plan& plan, Content content)
      : plan_(plan),
        content_(std::move(content)),
        digest_(digest_of_1(plan.options)),
        level_(level_of(plan.options)),
        objects_(plan, Version::v1_1) {
    find_order();
    place();
  }

  PlanSummary summary() const override {
    PlanSummary summary;
    summary.shards.push_back({"data", {}, head_size(), layout_.shards.front().size, plan_.tensors.size()});
    summary.total_bytes = bound();
    summary.total_is_bound = level_ != 0;
    summary.lost = content_.lost;
    summary.dropped = content_.dropped;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(bound());
    level_ == 0 ? write_raw(output, progress) : write_encoded(output, progress);
  }

 private:
  /// Parts by number, in the order in which their blobs lie.
  void find_order() {
    order_.resize(part_count());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const std::size_t first = objects_.first_part(i);
      const std::size_t end = i + 1 == objects_.size() ? part_count() : objects_.first_part(i + 1);
      if (end - first < 2) continue;
      const WrittenObject object = objects_.at(i);
      const auto parts = std::span(order_).first(end).subspan(first);
      std::ranges::stable_sort(parts, {},
                               [&](std::size_t part) { return rank_of(object, object.parts[part - first]); });
    }
  }

  std::size_t part_count() const { return objects_.part_tensors().size(); }
  const PlannedTensor& planned(std::size_t part) const {
    return plan_.tensors[objects_.part_tensors()[part]];
  }
  std::uint64_t size_of(std::size_t part) const { return planned(part).tensor().size; }

  void place() {
    PlannedShard shard;
    offsets_.resize(part_count());
    std::uint64_t end = head_size();
    for (const std::size_t part : order_) {
      const auto begin = checked_align(end, kAlignment1);
      const auto next = begin ? checked_add(*begin, size_of(part)) : std::nullopt;
      if (!next || *next > (std::uint64_t{1} << 62))
        throw UnsupportedError({plan_.models.front()->path(), {}, {}},
                               "would take more than 2^62 bytes in a file");
      offsets_[part] = *begin;
      layout_.tensors.push_back(planned(part));
      layout_.offsets.push_back(*begin - head_size());
      end = *next;
    }
    shard.count = layout_.tensors.size();
    shard.size = end - head_size();
    layout_.shards.push_back(std::move(shard));
  }

  std::uint64_t head_size() const { return part_count() == 0 ? kMagicSize : kAlignment1; }
  std::string head() const { return std::string(kMagic1) + std::string(head_size() - kMagicSize, '\0'); }

  std::string manifest(const std::function<PlacedComponent(std::size_t part)>& component) const {
    std::string text = render_manifest_1(objects_, content_.attributes, component);
    if (text.size() > kMaxManifest) {
      throw UnsupportedError({plan_.models.front()->path(), {}, {}},
                             "would take an index of more than 1 GiB, which zTensor does not have");
    }
    return text;
  }

  std::uint64_t bound() const {
    const std::string text = manifest([&](std::size_t part) {
      PlacedComponent placed{.offset = offsets_[part], .length = size_of(part)};
      if (digest_) placed.digest = hash::Checksum{.algorithm = *digest_};
      placed.is_compressed = level_ != 0;
      return placed;
    });
    std::uint64_t bytes = head_size() + layout_.shards.front().size;
    for (std::size_t i = 0; i < part_count(); ++i)
      bytes += level_ == 0 ? 0 : size_of(i) / 128 + 2 * kAlignment1;
    return bytes + text.size() + 2 * kMagicSize;
  }

  void write_raw(io::Output& output, io::Progress* progress) const {
    std::vector<std::size_t> place_of(part_count());
    for (std::size_t i = 0; i < order_.size(); ++i) place_of[order_[i]] = i;
    const FileParts parts = {
        .head = head(),
        .layout = layout_,
        .wanted = {.shards = false, .tensors = false, .page_size = {}, .checksums = digest_},
        .tail = [&](const WeightPass& pass, const Put& put) {
          const std::string text = manifest([&](std::size_t part) {
            PlacedComponent placed{.offset = offsets_[part], .length = size_of(part)};
            if (digest_) placed.digest = pass.tensor_checksum(place_of[part]);
            return placed;
          });
          put(bytes_of(text));
          put(bytes_of(render_end_1(text.size())));
        }};
    write_parts(plan_, parts, output, progress);
  }

  /// The sources are held to their hashes by a read before. A frame is of any size, and made in order.
  void write_encoded(io::Output& output, io::Progress* progress) const {
    const WantedDigests wanted = {
        .shards = false, .tensors = false, .page_size = {}, .checksums = hash::Algorithm::xxh3};
    WeightPass pass(plan_.models, layout_, wanted, plan_.jobs);
    if (progress != nullptr) {
      progress->total += pass.bytes();
      for (std::size_t i = 0; i < part_count(); ++i) progress->total += size_of(i);
    }
    pass.run(progress);
    output.write(bytes_of(head()));
    std::uint64_t end = head_size();
    std::vector<PlacedComponent> placed(part_count());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const std::uint64_t begin = align_up(end, kAlignment1);
      output.write(std::vector<std::byte>(begin - end));
      placed[order_[i]] = encode(layout_.tensors[i], pass.tensor_checksum(i), output, progress);
      placed[order_[i]].offset = begin;
      end = begin + placed[order_[i]].length;
    }
    if (plan_.fill_in_texts) plan_.fill_in_texts();
    const std::string text = manifest([&](std::size_t part) { return placed[part]; });
    output.write(bytes_of(text + render_end_1(text.size())));
    for (const Model* model : plan_.models) model->require_unchanged();
  }

  /// Throws IoError where the bytes are not those that the pass saw.
  PlacedComponent encode(const PlannedTensor& planned, const hash::Checksum& seen, io::Output& output,
                         io::Progress* progress) const {
    hash::RunningChecksum content(seen.algorithm);
    const io::ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
      io::check_interrupt();
      planned.read(offset, out);
      content.add(out);
      if (progress != nullptr) progress->done += out.size();
    };
    io::ZstdFrameEncoder encoder(read, 0, planned.tensor().size, {.level = level_, .checksum = false});
    std::optional<hash::RunningChecksum> stored;
    if (digest_) stored.emplace(*digest_);
    PlacedComponent placed{.is_compressed = true};
    std::vector<std::byte> block(std::size_t{256} << 10);
    for (std::size_t count = block.size(); count == block.size();) {
      count = encoder.next(block);
      const ByteSpan piece = std::span(block).first(count);
      if (!piece.empty()) output.write(piece);
      if (stored) stored->add(piece);
      placed.length += count;
    }
    if (content.finish().value != seen.value)
      throw IoError({planned.path(), {}, {}}, "changed while it was read");
    if (stored) placed.digest = stored->finish(hash::Checksum::Over::stored);
    return placed;
  }

  const Plan& plan_;
  Content content_;
  std::optional<hash::Algorithm> digest_;
  int level_;
  WrittenObjects objects_;
  std::vector<std::size_t> order_;
  std::vector<std::uint64_t> offsets_;  // raw, by part
  TensorLayout layout_;                 // raw, in order
};

}  // namespace

std::unique_ptr<FileDraft> ZTensor1Writer::draft(const Plan& plan) const {
  Content content = content_of(plan, Restore::no);
  for (std::string& line : lost_side_files(plan)) content.lost.push_back(std::move(line));
  return std::make_unique<Draft>(plan, std::move(content));
}

}  // namespace aerotool::ztensor
