#include "core/distinct.hpp"

#include <bit>

#include "core/large_pages.hpp"

namespace aerotool {

bool DistinctHashes::differ() const {
  // Half of the places at most are taken, so that a run of this many has no chance unless it was made on
  // purpose.
  constexpr std::size_t kLongestRun = 256;
  constexpr std::uint64_t kFree = 0;
  const std::size_t size = std::bit_ceil(hashes_.size() * 2 + kLongestRun);
  std::vector<std::uint64_t> places;
  reserve_large(places, size);
  places.resize(size, kFree);
  for (const std::uint64_t hash : hashes_) {
    const std::uint64_t mark = hash == kFree ? 1 : hash;
    std::size_t run = 0;
    std::uint64_t* place = &places[hash & (size - 1)];
    while (*place != kFree) {
      if (*place == mark || ++run == kLongestRun) return false;
      place = &places[(hash + run) & (size - 1)];
    }
    *place = mark;
  }
  return true;
}

}  // namespace aerotool
