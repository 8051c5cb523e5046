#include "formats/ztensor/write/blobs.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "hash/blake3.hpp"
#include "io/interrupt.hpp"
#include "io/output.hpp"
#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/source_check.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::uint64_t kSample = 4096;

/// Of every part, in order: the number of the part whose bytes it shares, itself or one before it.
using Sharing = std::vector<std::size_t>;

/// `sharing` is empty where every part is by itself.
Blobs place(const Plan& plan, const std::vector<std::size_t>& parts, const Sharing& sharing,
            const Placing& placing) {
  Blobs blobs;
  blobs.begin = placing.alignment;
  std::uint64_t end = 0;
  TensorLayout& layout = blobs.layout;
  layout.shards.emplace_back();
  layout.tensors.reserve(parts.size());
  layout.offsets.reserve(parts.size());
  blobs.of_parts.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!sharing.empty() && sharing[i] != i) {
      blobs.of_parts.push_back(blobs.of_parts[sharing[i]]);
      continue;
    }
    const PlannedTensor& planned = plan.tensors[parts[i]];
    const std::uint64_t size = planned.tensor().size;
    auto begin = checked_align(end, placing.alignment);
    auto next = begin ? checked_add(*begin, size) : std::nullopt;
    if (placing.most && layout.shards.back().count != 0 && (!next || *next > *placing.most)) {
      layout.shards.push_back({.first = layout.tensors.size(), .fill = {}});
      begin = 0;
      next = size;
    }
    if (!next || *next > (std::uint64_t{1} << 62)) {
      throw UnsupportedError({plan.models.front()->path(), {}, {}},
                             "would take more than 2^62 bytes in a file");
    }
    blobs.of_parts.push_back(layout.tensors.size());
    layout.tensors.push_back(planned);
    layout.offsets.push_back(*begin);
    end = *next;
    PlannedShard& shard = layout.shards.back();
    ++shard.count;
    shard.size = end;
  }
  return blobs;
}

/// Whether the bytes at the end cost no more than those at the beginning.
bool has_end_at_hand(const PlannedTensor& planned) {
  if (!planned.is_stored()) return !planned.made->bytes->in_order();
  const auto range = planned.model->stored_range(planned.index);
  return !range || range->random_access();
}

/// Of the bytes at the beginning and at the end: the first of those of a hash.
std::uint64_t sample_of(const PlannedTensor& planned) {
  const std::uint64_t size = planned.tensor().size;
  std::vector<std::byte> bytes(std::min(size, kSample));
  planned.read(0, bytes);
  if (size > kSample && has_end_at_hand(planned)) {
    const std::size_t first = bytes.size();
    bytes.resize(first + std::min(size - kSample, kSample));
    const auto last = std::span(bytes).subspan(first);
    planned.read(size - last.size(), last);
  }
  return load_le<std::uint64_t>(hash::blake3(bytes));
}

Digest hash_of(const PlannedTensor& planned, unsigned jobs) {
  const std::uint64_t size = planned.tensor().size;
  const io::ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) { planned.read(offset, out); };
  if (size > kSample) return io::hash_range(size, read, jobs, nullptr);
  io::check_interrupt();
  std::vector<std::byte> bytes(size);
  if (!bytes.empty()) read(0, bytes);
  return hash::blake3(bytes);
}

/// The hash of all bytes, which are held to what the model says of them.
Digest digest_of(const PlannedTensor& planned, unsigned jobs) {
  const Tensor& tensor = planned.tensor();
  const Digest digest = hash_of(planned, jobs);
  if (planned.stored_digest() && *planned.stored_digest() != digest)
    require_none({{tensor.name, planned.path(), tensor.offset, tensor.size}});
  if (planned.is_stored() && checksum_of_bytes(*planned.model, planned.index)) {
    ChecksumCheck check([&](std::size_t) -> StoredTensor { return {planned.model, planned.index}; });
    check.expect(0);
    check.judge();
  }
  return digest;
}

/// Sorts by key, those of one key in their order, and hands over those of each key that several have.
template <typename Key>
void for_each_group(std::vector<std::pair<Key, std::size_t>>& keyed,
                    const std::function<void(std::span<const std::pair<Key, std::size_t>> group)>& take) {
  std::ranges::sort(keyed);
  for (auto begin = keyed.begin(); begin != keyed.end();) {
    const auto end =
        std::find_if(begin, keyed.end(), [&](const auto& other) { return other.first != begin->first; });
    if (end - begin > 1) take(std::span(begin, end));
    begin = end;
  }
}

class Sharer {
 public:
  Sharer(const Plan& plan, const std::vector<std::size_t>& parts) : plan_(plan), parts_(parts) {}

  Sharing run() {
    sharing_.resize(parts_.size());
    std::iota(sharing_.begin(), sharing_.end(), std::size_t{0});
    std::vector<Numbered> by_size;
    by_size.reserve(parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) by_size.emplace_back(planned(i).tensor().size, i);
    for_each_group<std::uint64_t>(by_size,
                                  [this](std::span<const Numbered> group) { look_at_samples(group); });
    return std::move(sharing_);
  }

 private:
  using Numbered = std::pair<std::uint64_t, std::size_t>;

  const PlannedTensor& planned(std::size_t part) const { return plan_.tensors[parts_[part]]; }

  void look_at_samples(std::span<const Numbered> of_size) {
    std::vector<Numbered> by_sample;
    by_sample.reserve(of_size.size());
    for (const auto& [size, part] : of_size) by_sample.emplace_back(sample_of(planned(part)), part);
    for_each_group<std::uint64_t>(by_sample, [this](std::span<const Numbered> group) { look_at_all(group); });
  }

  void look_at_all(std::span<const Numbered> alike) {
    std::vector<std::pair<Digest, std::size_t>> by_digest;
    by_digest.reserve(alike.size());
    for (const auto& [sample, part] : alike)
      by_digest.emplace_back(digest_of(planned(part), plan_.jobs), part);
    for_each_group<Digest>(by_digest, [this](std::span<const std::pair<Digest, std::size_t>> group) {
      for (const auto& [digest, part] : group) sharing_[part] = group.front().second;
    });
  }

  const Plan& plan_;
  const std::vector<std::size_t>& parts_;
  Sharing sharing_;
};

}  // namespace

std::size_t Blobs::shard(std::size_t part) const {
  const auto after = std::ranges::upper_bound(layout.shards, of_parts[part], {}, &PlannedShard::first);
  return static_cast<std::size_t>(after - layout.shards.begin()) - 1;
}

std::uint64_t Blobs::room(std::size_t shard) const {
  const PlannedShard& planned = layout.shards[shard];
  std::uint64_t room = begin;
  for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
    const std::uint64_t size = layout.tensors[i].tensor().size;
    const std::uint64_t blocks = align_up(size, io::kHoleBlock);
    const std::uint64_t padding = align_up(size, begin) - blocks;
    room += blocks + (padding < io::kLeastHole ? padding : 0);
  }
  return room;
}

Blobs place_blobs(const Plan& plan, const WrittenObjects& objects, const Placing& placing) {
  return place(plan, objects.part_tensors(), {}, placing);
}

Blobs place_blobs_once(const Plan& plan, const WrittenObjects& objects, const Placing& placing) {
  const std::vector<std::size_t>& parts = objects.part_tensors();
  return place(plan, parts, Sharer(plan, parts).run(), placing);
}

}  // namespace aerotool::ztensor
