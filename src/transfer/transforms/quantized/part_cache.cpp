#include "transfer/transforms/quantized/part_cache.hpp"

#include <algorithm>
#include <numeric>

namespace aerotool::quantized {
namespace {

constexpr std::size_t kMostBytes = std::size_t{20} << 20;
// Of codes, which are the largest; the rest is for scales, and for threads that read in the part behind.
constexpr std::size_t kBytesOfCodes = std::size_t{8} << 20;
// Smaller ones would be read in many small pieces, larger ones would hold up those who wait for them.
constexpr std::size_t kSmallestPart = std::size_t{128} << 10;
constexpr std::size_t kLargestPart = std::size_t{4} << 20;
// They are looked through one after the other.
constexpr std::size_t kMostParts = 64;
constexpr std::size_t kPartsOfModel = 8;

}  // namespace

PartCache::PartCache(std::size_t models)
    : part_bytes_(std::clamp(kBytesOfCodes / std::max<std::size_t>(models, 1), kSmallestPart, kLargestPart)),
      most_parts_(std::max(kMostParts, kPartsOfModel * models)) {}

std::shared_ptr<const PartCache::Bytes> PartCache::get(const Key& key, const std::function<Bytes()>& load) {
  std::shared_ptr<Part> part;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(parts_, key, [](const auto& one) { return one->key; });
    if (found != parts_.end()) {
      part = *found;
      parts_.splice(parts_.begin(), parts_, found);
    } else {
      part = std::make_shared<Part>();
      part->key = key;
      parts_.push_front(part);
    }
  }
  std::shared_ptr<const Bytes> bytes;
  {
    const std::lock_guard lock(part->loading);
    if (part->bytes) return part->bytes;
    part->bytes = std::make_shared<const Bytes>(load());
    bytes = part->bytes;
  }
  keep(part, bytes->size());
  return bytes;
}

void PartCache::keep(const std::shared_ptr<Part>& part, std::size_t size) {
  const std::lock_guard lock(mutex_);
  part->size = size;
  std::size_t held = 0;
  std::size_t count = 0;
  // Those past the first few are let go of; who reads them still holds them.
  for (auto at = parts_.begin(); at != parts_.end();) {
    held += (*at)->size;
    const bool is_over = held > kMostBytes || ++count > most_parts_;
    at = is_over && *at != part ? parts_.erase(at) : std::next(at);
  }
}

}  // namespace aerotool::quantized
