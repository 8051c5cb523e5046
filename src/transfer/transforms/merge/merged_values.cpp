#include "transfer/transforms/merge/merged_values.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::merging {

MergedValues::MergedValues(std::vector<Values> sources) : sources_(std::move(sources)) {}

void MergedValues::read(std::uint64_t first, std::span<double> out) const {
  for_each_run(first, out.size(), [&](std::uint64_t at, std::span<const double> numbers) {
    std::ranges::copy(numbers, out.subspan(at - first).begin());
  });
}

void MergedValues::for_each_run(std::uint64_t first, std::uint64_t count, const Visit& visit) const {
  // So many are read at once that a read is cheap beside their bytes, and they stay in a core's cache.
  constexpr std::uint64_t kReadAtOnce = std::uint64_t{16} << 10;
  // Pieces end where blocks of the sources do, so that none is decoded twice.
  const std::uint64_t piece = std::max<std::uint64_t>(kReadAtOnce / unit(), 1) * unit();
  const std::uint64_t end = first + count;
  Scratch<double> numbers(kMergedAtOnce);
  while (first < end) {
    const std::uint64_t next = std::min(end, first / piece * piece + piece);
    Inputs inputs(sources_, first, next - first);
    for (std::uint64_t at = first; at < next; at += kMergedAtOnce) {
      const auto part = numbers.first(std::min<std::uint64_t>(kMergedAtOnce, next - at));
      inputs.choose(at - first, part.size());
      merge(at, inputs, part);
      visit(at, part);
    }
    first = next;
  }
}

std::uint64_t MergedValues::unit() const {
  std::uint64_t unit = 1;
  for (const Values& source : sources_) unit = std::max(unit, source->unit());
  return unit;
}

std::vector<StoredTensor> MergedValues::inputs() const {
  std::vector<StoredTensor> all;
  for (const Values& source : sources_) {
    const std::vector<StoredTensor> more = source->inputs();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace aerotool::merging
