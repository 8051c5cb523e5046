#include "formats/aero/write/plan_shards.hpp"

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/layout.hpp"

namespace aerotool::aero {

TensorLayout lay_out_tensors(const Plan& plan) {
  // A file's end as a signed 64-bit offset is the operating system's limit.
  constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 62;
  constexpr std::uint64_t kDefaultShardBytes = std::uint64_t{2} << 30;
  const std::uint64_t most = plan.options.get(write::max_shard_bytes()).value_or(kDefaultShardBytes);
  const std::uint64_t align = plan.options.get(write::align()).value_or(kDefaultTensorAlign);
  TensorLayout layout;
  layout.tensors = plan.tensors;
  layout.offsets.reserve(plan.tensors.size());
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const Tensor& tensor = plan.tensors[i].tensor();
    const auto refuse = [&](const std::string& why) {
      throw UnsupportedError(Where{plan.tensors[i].model_path(), {}, tensor.name}, why);
    };
    if (tensor.name.size() > kMaxName) {
      refuse("its name has " + std::to_string(tensor.name.size()) + " bytes; AERO allows " +
             std::to_string(kMaxName));
    }
    if (!is_utf8(tensor.name)) refuse("its name is not UTF-8, which AERO requires");
    const bool begins = layout.shards.empty();
    std::uint64_t offset = begins ? 0 : align_up(layout.shards.back().size, align);
    const bool full = !begins && offset + tensor.size > most;
    if (begins || full) {
      layout.shards.push_back({i, 0, 0, {}});
      offset = 0;
    }
    PlannedShard& shard = layout.shards.back();
    ++shard.count;
    layout.offsets.push_back(offset);
    total += offset + tensor.size - shard.size;
    shard.size = offset + tensor.size;
    if (total > kMaxBytes) refuse("it makes the model larger than 2^62 bytes");
  }
  return layout;
}

}  // namespace aerotool::aero
