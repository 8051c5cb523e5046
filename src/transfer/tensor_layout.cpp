#include "transfer/tensor_layout.hpp"

#include <algorithm>

namespace aerotool {
namespace {

/// Lays the part of `piece`, which stands at `at`, that falls on the bytes from `offset` on over them.
void lay_over(std::uint64_t at, ByteSpan piece, std::uint64_t offset, std::span<std::byte> out) {
  const std::uint64_t begin = std::max(at, offset);
  const std::uint64_t end = std::min(at + piece.size(), offset + out.size());
  if (begin >= end) return;
  std::ranges::copy(piece.subspan(begin - at, end - begin), out.subspan(begin - offset).begin());
}

}  // namespace

void read_planned(const TensorLayout& layout, std::size_t shard, std::uint64_t offset,
                  std::span<std::byte> out) {
  const PlannedShard& planned = layout.shards[shard];
  const auto first = layout.offsets.begin() + static_cast<std::ptrdiff_t>(planned.first);
  const auto last = first + static_cast<std::ptrdiff_t>(planned.count);
  const std::uint64_t end = offset + out.size();
  std::uint64_t done = offset;
  // The last tensor that begins at or before `offset`; zero-sized ones share offsets and do no harm.
  auto at = std::upper_bound(first, last, offset);
  if (at != first) --at;
  for (; at != last && *at < end; ++at) {
    const PlannedTensor& source = layout.tensors[static_cast<std::size_t>(at - layout.offsets.begin())];
    const std::uint64_t begin = std::max(*at, done);
    const std::uint64_t stop = std::min(*at + source.tensor().size, end);
    if (stop <= begin) continue;
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done - offset), begin - done, std::byte{0});
    source.read(begin - *at, out.subspan(begin - offset, stop - begin));
    done = stop;
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(done - offset), out.end(), std::byte{0});
  auto fill = std::partition_point(planned.fill.begin(), planned.fill.end(),
                                   [&](const auto& f) { return f.first + f.second.size() <= offset; });
  for (; fill != planned.fill.end() && fill->first < end; ++fill)
    lay_over(fill->first, fill->second.view, offset, out);
}

}  // namespace aerotool
