#include "formats/safetensors_sharded/writer.hpp"

#include <algorithm>
#include <utility>

#include "formats/safetensors/plan_content.hpp"
#include "formats/safetensors/reader.hpp"
#include "formats/safetensors_sharded/parse.hpp"
#include "formats/safetensors_sharded/plan_recorded.hpp"
#include "model/index_text.hpp"
#include "transfer/carried.hpp"
#include "transfer/headed_set.hpp"
#include "transfer/numbered_files.hpp"

namespace aerotool::safetensors_sharded {
namespace {

constexpr std::string_view kExtension = ".safetensors";

/// Which shard each tensor goes to, as huggingface_hub decides: only tensors' bytes count, and one that alone
/// passes the cap has a shard of its own, which does not end the shard that is being filled.
std::vector<std::vector<PlannedTensor>> divide(const std::vector<PlannedTensor>& tensors,
                                               std::uint64_t most) {
  std::vector<std::vector<PlannedTensor>> shards;
  std::vector<PlannedTensor> filling;
  std::uint64_t size = 0;  // at most `most`
  for (const PlannedTensor& planned : tensors) {
    const std::uint64_t more = planned.tensor().size;
    if (more > most) {
      shards.push_back({planned});
      continue;
    }
    if (more > most - size) {
      shards.push_back(std::move(filling));
      filling.clear();
      size = 0;
    }
    filling.push_back(planned);
    size += more;
  }
  if (!filling.empty() || shards.empty()) shards.push_back(std::move(filling));
  return shards;
}

std::string index_of(const HeadedFiles& files, IndexMetadata metadata) {
  std::uint64_t total = 0;
  WeightMap map;
  map.reserve(files.layout.tensors.size());
  for (std::size_t i = 0; i < files.files.size(); ++i) {
    const PlannedShard& shard = files.layout.shards[i];
    total += shard.size;
    for (std::size_t j = shard.first; j < shard.first + shard.count; ++j)
      map.emplace_back(files.layout.tensors[j].tensor().name, files.files[i].name);
  }
  return index_text(std::move(metadata), total, std::move(map));
}

/// Whether two indexes give the same tensors the same files. Throws what read_index() throws.
bool same_places(std::string_view text, std::string_view other_text) {
  Report report(Report::Mode::judge);
  const Index index = read_index({}, text, report);
  const Index other = read_index({}, other_text, report);
  if (index.files() != other.files()) return false;
  const auto order = index.by_name();
  const auto other_order = other.by_name();
  return std::equal(order.begin(), order.end(), other_order.begin(), other_order.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return index.tensor(a) == other.tensor(b) && index.file(a) == other.file(b);
                    });
}

HeadedSet plan_set(const Plan& plan, safetensors::Content& content) {
  HeadedSet set;
  set.extension = kExtension;
  set.open_file = [](std::shared_ptr<io::Input> input, Report& report) {
    return std::make_unique<safetensors::SafetensorsModel>(std::move(input), report);
  };
  set.usual_index = kUsualIndex;
  const Source& source = content.source;
  if (!plan.options.has(write::max_shard_bytes()) && has_recorded_files(source)) {
    set.files = plan_recorded_files(plan, source);
    set.index_path = recorded_index_path(source);
    if (source.index) set.index = std::string(source.index->text());
    return set;
  }
  unite(content);
  constexpr std::uint64_t kDefaultShardBytes = 5'000'000'000;
  auto shards = divide(content.in_source_order,
                       plan.options.get(write::max_shard_bytes()).value_or(kDefaultShardBytes));
  if (shards.size() == 1) {
    drop_index(content);
    safetensors::FileContent file = only_file(plan, content);
    file.name = numbered_file(0, 1, kExtension);
    add_file(plan, std::move(file), set.files);
    return set;
  }
  drop_layout(content.source, content.dropped);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    safetensors::FileContent file;
    file.name = numbered_file(i, shards.size(), kExtension);
    file.tensors = std::move(shards[i]);
    safetensors::put_in_reference_order(file.tensors);
    file.metadata = content.metadata;
    add_file(plan, std::move(file), set.files);
  }
  set.index_path = kUsualIndex;
  set.index = index_of(set.files, std::move(content.index_metadata));
  return set;
}

}  // namespace

std::unique_ptr<SetDraft> ShardedWriter::draft(const Plan& plan) const {
  safetensors::Content content = safetensors::content_of(plan);
  HeadedSet set = plan_set(plan, content);
  set.same_index = [index = set.index](std::string_view other) { return same_places(index, other); };
  set.files.lost = std::move(content.lost);
  set.files.dropped = std::move(content.dropped);
  return draft_of_set(plan, std::move(set));
}

}  // namespace aerotool::safetensors_sharded
