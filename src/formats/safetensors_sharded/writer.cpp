#include "formats/safetensors_sharded/writer.hpp"

#include <algorithm>
#include <utility>

#include "core/json_text.hpp"
#include "formats/safetensors/content.hpp"
#include "formats/safetensors_sharded/index.hpp"
#include "formats/safetensors_sharded/recorded.hpp"
#include "model/carried.hpp"
#include "model/files_of_a_set.hpp"
#include "model/headed_set.hpp"

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

/// As Python's json.dumps(indent=2, sort_keys=True) writes it, and a newline.
std::string render_index(const Plan& plan, const HeadedFiles& files) {
  std::uint64_t total = 0;
  std::vector<std::pair<std::string_view, const std::string*>> map;
  map.reserve(plan.tensors.size());
  for (std::size_t i = 0; i < files.files.size(); ++i) {
    const PlannedShard& shard = files.layout.shards[i];
    total += shard.size;
    for (std::size_t j = shard.first; j < shard.first + shard.count; ++j)
      map.emplace_back(files.layout.tensors[j].tensor().name, &files.files[i].name);
  }
  std::sort(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string json =
      "{\n  \"metadata\": {\n    \"total_size\": " + std::to_string(total) + "\n  },\n  \"weight_map\": {";
  const char* separator = "\n    ";
  for (const auto& [tensor, file] : map) {
    json += std::exchange(separator, ",\n    ");
    append_json_string(json, tensor);
    json += ": ";
    append_json_string(json, *file);
  }
  return json + "\n  }\n}\n";
}

/// All that is to be written.
struct Build {
  explicit Build(const Plan& plan) : content(safetensors::content_of(plan)) {
    const Source& source = content.source;
    if (!plan.options.max_shard_bytes && has_recorded_files(source)) {
      files = plan_recorded_files(plan, source);
      index_path = recorded_index_path(source);
      index = std::string(source.index->text());
      return;
    }
    unite(content);
    constexpr std::uint64_t kDefaultShardBytes = 5'000'000'000;
    auto shards = divide(content.in_source_order, plan.options.max_shard_bytes.value_or(kDefaultShardBytes));
    if (shards.size() == 1) {
      safetensors::FileContent file = only_file(plan, content);
      file.name = numbered_file(0, 1, kExtension);
      add_file(plan, std::move(file), files);
      return;
    }
    drop_layout(content.source, content.dropped);
    for (std::size_t i = 0; i < shards.size(); ++i) {
      safetensors::FileContent file;
      file.name = numbered_file(i, shards.size(), kExtension);
      file.tensors = std::move(shards[i]);
      safetensors::put_in_reference_order(file.tensors);
      file.metadata = content.metadata;
      add_file(plan, std::move(file), files);
    }
    index_path = kUsualIndex;
    index = render_index(plan, files);
  }

  safetensors::Content content;
  HeadedFiles files;
  std::string index_path;  // empty where there is no index
  std::string index;
};

}  // namespace

std::vector<std::string> ShardedWriter::losses(const Plan& plan) const {
  return Build(plan).content.lost;
}

PlanSummary ShardedWriter::preview(const Plan& plan) const {
  const Build build(plan);
  PlanSummary summary = summarize(build.files);
  if (!build.index_path.empty()) {
    summary.files.push_back({build.index_path, build.index.size(), 0, plan.tensors.size()});
    summary.total_bytes += build.index.size();
  }
  summary.dropped = build.content.lost;
  summary.dropped.insert(summary.dropped.end(), build.content.dropped.begin(), build.content.dropped.end());
  return summary;
}

SetResult ShardedWriter::write(const Plan& plan, const std::string& path, io::Progress* progress) const {
  const Build build(plan);
  io::DirectoryOutput directory(path);
  write_files(plan, build.files, directory, progress);
  SetResult result;
  for (const HeadedFile& file : build.files.files) result.written.push_back(file.name);
  if (!build.index_path.empty()) {
    directory.add(build.index_path).write(bytes_of(build.index));
    result.written.push_back(build.index_path);
  }
  // An index of an earlier export would name files that are not there any more.
  const std::string index = build.index_path.empty() ? std::string(kUsualIndex) : build.index_path;
  directory.publish(index, earlier_files(path, kExtension, kUsualIndex, result.written));
  return result;
}

}  // namespace aerotool::safetensors_sharded
