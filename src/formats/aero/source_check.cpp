#include "formats/aero/source_check.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace aerotool::aero {

SourceCheck::SourceCheck(const Plan& plan, const TensorLayout& layout) : plan_(plan), layout_(layout) {
  for (const Model* model : plan.models) {
    std::vector<Seal> seals = model->seals();
    if (seals.empty()) continue;
    if (members_.empty()) members_.resize(plan.tensors.size(), {kNone, 0});
    // Which planned tensor each of the model's is; most plans hold all of them.
    std::vector<std::size_t> planned(model->tensors().size(), kNone);
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
      if (plan.tensors[i].model == model) planned[plan.tensors[i].index] = i;
    }
    for (std::size_t number = 0; number < seals.size(); ++number) {
      const auto needs = [&](const Seal::Member& member) {
        return planned[member.tensor] != kNone && !model->tensors()[member.tensor].digest;
      };
      Seal& seal = seals[number];
      if (std::none_of(seal.members.begin(), seal.members.end(), needs)) continue;
      sealed_.push_back({model, number, {}, {}, {}});
      Sealed& sealed = sealed_.back();
      for (const Seal::Member& member : seal.members) {
        if (planned[member.tensor] != kNone)
          members_[planned[member.tensor]] = {sealed_.size() - 1, member.offset};
      }
      sealed.seal = std::move(seal);
      sealed.read = [model, number](std::uint64_t offset, std::span<std::byte> out) {
        model->read_seal(number, offset, out);
      };
      sealed.task.length = sealed.seal.length;
      sealed.task.read = &sealed.read;
    }
  }
}

void SourceCheck::add_layers(std::size_t shard, io::Region& region) {
  if (members_.empty()) return;
  std::vector<io::Overlay> overlays;
  const PlannedShard& planned = layout_.shards[shard];
  for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
    const std::uint64_t size = plan_.tensors[i].tensor().size;
    if (members_[i].sealed == kNone || size == 0) continue;
    const std::uint64_t begin = layout_.offsets[i];
    overlays.push_back({begin, begin + size, &sealed_[members_[i].sealed].task, members_[i].offset});
  }
  region.layers.push_back(std::move(overlays));
}

std::vector<io::Region> SourceCheck::other_regions() {
  std::vector<io::Region> regions;
  // What the plan's own regions cover of each seal, as ranges in order.
  using Range = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<std::vector<Range>> covered(sealed_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::uint64_t size = plan_.tensors[i].tensor().size;
    if (members_[i].sealed == kNone || size == 0) continue;
    covered[members_[i].sealed].emplace_back(members_[i].offset, members_[i].offset + size);
  }
  for (std::size_t number = 0; number < sealed_.size(); ++number) {
    Sealed& sealed = sealed_[number];
    std::vector<Range>& ranges = covered[number];
    std::sort(ranges.begin(), ranges.end());
    ranges.emplace_back(sealed.seal.length, sealed.seal.length);
    std::uint64_t reached = 0;
    for (const auto& [begin, end] : ranges) {
      if (begin > reached) {
        io::Region& region = regions.emplace_back();
        region.length = begin - reached;
        region.read = [&read = sealed.read, reached](std::uint64_t offset, std::span<std::byte> out) {
          read(reached + offset, out);
        };
        region.layers.push_back({io::Overlay{0, region.length, &sealed.task, reached}});
      }
      reached = std::max(reached, end);
    }
    if (sealed.seal.length == 0) sealed.task.digest = hash::blake3({});
  }
  return regions;
}

void SourceCheck::judge() const {
  for (const Sealed& sealed : sealed_) {
    if (sealed.task.digest == sealed.seal.digest) continue;
    std::vector<HitTensor> hit;
    for (const Seal::Member& member : sealed.seal.members) {
      hit.push_back({sealed.model->tensors()[member.tensor].name, {}, 0, 0});
    }
    throw CorruptError(Where{sealed.model->path(), {}, {}},
                       sealed.seal.name + " is corrupt: its BLAKE3 is " + to_hex(sealed.task.digest) +
                           ", the file says " + to_hex(sealed.seal.digest) + "; it holds " + list_names(hit));
  }
}

}  // namespace aerotool::aero
