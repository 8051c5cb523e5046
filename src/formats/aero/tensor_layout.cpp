#include "formats/aero/tensor_layout.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/layout.hpp"

namespace aerotool::aero {

TensorLayout lay_out_tensors(const Plan& plan) {
  // A file's end as a signed 64-bit offset is the operating system's limit.
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;
  TensorLayout layout;
  layout.offsets.reserve(plan.tensors.size());
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const Tensor& tensor = plan.tensors[i].tensor();
    const auto refuse = [&](const std::string& why) {
      throw UnsupportedError(Where{plan.tensors[i].model->path(), {}, tensor.name}, why);
    };
    if (tensor.name.size() > kMostName) {
      refuse("its name has " + std::to_string(tensor.name.size()) + " bytes; AERO allows " +
             std::to_string(kMostName));
    }
    if (!is_utf8(tensor.name)) refuse("its name is not UTF-8, which AERO requires");
    const bool begins = layout.shards.empty();
    std::uint64_t offset = begins ? 0 : align_up(layout.shards.back().size, plan.options.align);
    const bool full = !begins && offset + tensor.size > plan.options.max_shard_bytes;
    if (begins || full) {
      layout.shards.push_back({i, 0, 0});
      offset = 0;
    }
    PlannedShard& shard = layout.shards.back();
    ++shard.count;
    layout.offsets.push_back(offset);
    total += offset + tensor.size - shard.size;
    shard.size = offset + tensor.size;
    if (total > kMostBytes) refuse("with it the model passes 2^62 bytes");
  }
  return layout;
}

void read_planned(const Plan& plan, const TensorLayout& layout, std::size_t shard, std::uint64_t offset,
                  std::span<std::byte> out) {
  const PlannedShard& planned = layout.shards[shard];
  const auto first = layout.offsets.begin() + static_cast<std::ptrdiff_t>(planned.first);
  const auto last = first + static_cast<std::ptrdiff_t>(planned.count);
  // The last tensor that begins at or before `offset`; zero-sized ones share offsets and do no harm.
  auto at = std::upper_bound(first, last, offset);
  if (at != first) --at;
  const std::uint64_t end = offset + out.size();
  std::uint64_t done = offset;
  for (; at != last && *at < end; ++at) {
    const PlannedTensor& source = plan.tensors[static_cast<std::size_t>(at - layout.offsets.begin())];
    const std::uint64_t begin = std::max(*at, done);
    const std::uint64_t stop = std::min(*at + source.tensor().size, end);
    if (stop <= begin) continue;
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done - offset), begin - done, std::byte{0});
    source.model->read(source.index, begin - *at, out.subspan(begin - offset, stop - begin));
    done = stop;
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(done - offset), out.end(), std::byte{0});
}

}  // namespace aerotool::aero
