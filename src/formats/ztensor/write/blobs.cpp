#include "formats/ztensor/write/blobs.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "hash/blake3.hpp"
#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/source_check.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::uint64_t kSample = 4096;

/// Of every part, in order: the number of the part whose bytes it shares, itself or one before it.
using Sharing = std::vector<std::size_t>;

std::vector<const WrittenPart*> all_parts(const std::vector<WrittenObject>& objects) {
  std::vector<const WrittenPart*> parts;
  for (const WrittenObject& object : objects) {
    for (const WrittenPart& part : object.parts) parts.push_back(&part);
  }
  return parts;
}

Blobs place(const Plan& plan, const std::vector<const WrittenPart*>& parts, const Sharing& sharing,
            const Placing& placing) {
  Blobs blobs;
  blobs.begin = placing.alignment;
  std::uint64_t end = 0;
  TensorLayout& layout = blobs.layout;
  layout.shards.emplace_back();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (sharing[i] != i) {
      blobs.of_parts.push_back(blobs.of_parts[sharing[i]]);
      continue;
    }
    auto begin = checked_align(end, placing.alignment);
    auto next = begin ? checked_add(*begin, parts[i]->size) : std::nullopt;
    if (placing.most && layout.shards.back().count != 0 && (!next || *next > *placing.most)) {
      layout.shards.push_back({.first = layout.tensors.size(), .fill = {}});
      begin = 0;
      next = parts[i]->size;
    }
    if (!next || *next > (std::uint64_t{1} << 62)) {
      throw UnsupportedError({plan.models.front()->path(), {}, {}},
                             "would take more than 2^62 bytes in a file");
    }
    blobs.of_parts.push_back(layout.tensors.size());
    layout.tensors.push_back(plan.tensors[parts[i]->tensor]);
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

Digest sample_of(const PlannedTensor& planned) {
  const std::uint64_t size = planned.tensor().size;
  std::vector<std::byte> bytes(std::min(size, kSample));
  planned.read(0, bytes);
  if (size > kSample && has_end_at_hand(planned)) {
    const std::size_t first = bytes.size();
    bytes.resize(first + std::min(size - kSample, kSample));
    const auto last = std::span(bytes).subspan(first);
    planned.read(size - last.size(), last);
  }
  return hash::blake3(bytes);
}

/// The hash of all bytes, which are held to what the model says of them.
Digest digest_of(const PlannedTensor& planned, unsigned jobs) {
  const Tensor& tensor = planned.tensor();
  const Digest digest = io::hash_range(
      tensor.size, [&](std::uint64_t offset, std::span<std::byte> out) { planned.read(offset, out); }, jobs,
      nullptr);
  if (planned.stored_digest() && *planned.stored_digest() != digest)
    require_none({{tensor.name, planned.path(), tensor.offset, tensor.size}});
  if (planned.is_stored()) {
    ChecksumCheck check;
    check.expect(0, {planned.model, planned.index});
    check.judge();
  }
  return digest;
}

/// Those that have one key share with the first of them, in order.
template <typename Key, typename KeyOf>
void group(const std::vector<std::size_t>& numbers, KeyOf&& key_of,
           std::map<Key, std::vector<std::size_t>>& groups) {
  for (const std::size_t number : numbers) groups[key_of(number)].push_back(number);
  std::erase_if(groups, [](const auto& entry) { return entry.second.size() < 2; });
}

Sharing find_sharing(const Plan& plan, const std::vector<const WrittenPart*>& parts) {
  const auto planned = [&](std::size_t part) -> const PlannedTensor& {
    return plan.tensors[parts[part]->tensor];
  };
  Sharing sharing(parts.size());
  std::iota(sharing.begin(), sharing.end(), std::size_t{0});
  const std::vector<std::size_t> all = sharing;
  std::map<std::uint64_t, std::vector<std::size_t>> by_size;
  group(
      all, [&](std::size_t i) { return parts[i]->size; }, by_size);
  for (const auto& [size, of_size] : by_size) {
    std::map<Digest, std::vector<std::size_t>> by_sample;
    group(
        of_size, [&](std::size_t i) { return sample_of(planned(i)); }, by_sample);
    for (const auto& [sample, alike] : by_sample) {
      std::map<Digest, std::size_t> first;
      for (const std::size_t i : alike)
        sharing[i] = first.try_emplace(digest_of(planned(i), plan.jobs), i).first->second;
    }
  }
  return sharing;
}

}  // namespace

std::size_t Blobs::shard(std::size_t part) const {
  const auto after = std::ranges::upper_bound(layout.shards, of_parts[part], {}, &PlannedShard::first);
  return static_cast<std::size_t>(after - layout.shards.begin()) - 1;
}

Blobs place_blobs(const Plan& plan, const std::vector<WrittenObject>& objects, const Placing& placing) {
  const auto parts = all_parts(objects);
  Sharing alone(parts.size());
  std::iota(alone.begin(), alone.end(), std::size_t{0});
  return place(plan, parts, alone, placing);
}

Blobs place_blobs_once(const Plan& plan, const std::vector<WrittenObject>& objects, const Placing& placing) {
  const auto parts = all_parts(objects);
  return place(plan, parts, find_sharing(plan, parts), placing);
}

}  // namespace aerotool::ztensor
