#include "transfer/transforms/merge/merged_values.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::merging {

MergedValues::MergedValues(std::vector<Values> sources) : sources_(std::move(sources)) {}

void MergedValues::read(std::uint64_t first, std::span<float> out) const {
  Scratch<double> numbers(out.size());
  read(first, numbers.span());
  std::ranges::transform(numbers.span(), out.begin(),
                         [](double number) { return static_cast<float>(number); });
}

void MergedValues::read(std::uint64_t first, std::span<double> out) const {
  constexpr std::uint64_t kElementsAtOnce = std::uint64_t{16} << 10;
  // Pieces end where blocks of the sources do, so that none is decoded twice.
  const std::uint64_t piece = std::max<std::uint64_t>(kElementsAtOnce / unit(), 1) * unit();
  while (!out.empty()) {
    const std::uint64_t next = first / piece * piece + piece;
    const auto part = out.first(std::min<std::uint64_t>(out.size(), next - first));
    merge(first, part);
    first += part.size();
    out = out.subspan(part.size());
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
