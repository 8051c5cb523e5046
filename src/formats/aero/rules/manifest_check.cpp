#include "formats/aero/rules/manifest_check.hpp"

#include "core/text.hpp"
#include "formats/aero/read/model_json.hpp"

namespace aerotool::aero {
namespace {

class ManifestCheck {
 public:
  ManifestCheck(const AeroModel& model, const Chunk& chunk, Report& report)
      : model_(model), manifest_(model.manifest()), chunk_(chunk), report_(report) {}

  void run() {
    check_name("the model is called", "model_name", manifest_.model_name);
    check_name("the architecture is", "architecture", manifest_.architecture);
    if (!manifest_.has_model) fault("has no \"model\"");
    if (manifest_.chunks) {
      check_chunks(*manifest_.chunks);
    } else {
      fault("has no \"chunks\"");
    }
    if (manifest_.shards) {
      check_shards(*manifest_.shards);
    } else {
      fault("has no \"shards\"");
    }
  }

 private:
  void fault(const std::string& what) {
    report_.fault(Code::metadata, {model_.path(), chunk_.offset, {}}, "MMSG: " + what);
  }
  const std::vector<Chunk>& chunks() const { return model_.container().chunks; }

  void check_name(const char* says, const char* key, const std::string& name) {
    const std::string json_name = text_member(model_.json(), key);
    if (json_name.empty() || name.empty() || json_name == name) return;
    fault(std::string(says) + " '" + escape_controls(name) + "', in MJSN '" + escape_controls(json_name) +
          "'");
  }

  void check_chunks(const std::vector<ManifestChunk>& listed) {
    if (listed.size() != chunks().size()) {
      fault("lists " + std::to_string(listed.size()) + " chunks, the TOC has " +
            std::to_string(chunks().size()));
    }
    for (std::size_t i = 0; i < listed.size(); ++i) {
      const ManifestChunk& line = listed[i];
      const std::string index = "chunk " + std::to_string(i);
      if (!line.toc_index || *line.toc_index >= chunks().size()) {
        fault(index + " does not name an entry of the TOC");
        continue;
      }
      if (*line.toc_index != i)
        fault(index + " names entry " + std::to_string(*line.toc_index) + " of the TOC");
      const Chunk& chunk = chunks()[*line.toc_index];
      if (line.fourcc != chunk.fourcc) {
        fault(index + " is " + escape_controls(line.fourcc) + ", but TOC entry " +
              std::to_string(*line.toc_index) + " is " + escape_controls(chunk.fourcc));
      }
      if (known_fourcc(chunk.fourcc) && line.role != role_of(chunk.fourcc)) {
        fault(index + " has the role '" + escape_controls(line.role) + "', not '" +
              std::string(role_of(chunk.fourcc)) + "'");
      }
      const bool of_shard = chunk.fourcc == kWeights || chunk.fourcc == kPageHashes;
      const auto name = chunk.fourcc == kWeights ? shard_name : page_hashes_name;
      if (of_shard && line.shard_id && name(*line.shard_id) != chunk.name) {
        fault(index + " is shard " + std::to_string(*line.shard_id) + ", but its TOC entry is '" +
              escape_controls(chunk.name) + "'");
      }
    }
  }

  void check_shards(const std::vector<ManifestShard>& listed) {
    if (listed.size() != model_.shards().size()) {
      fault("lists " + std::to_string(listed.size()) + " shards, the TOC has " +
            std::to_string(model_.shards().size()));
    }
    std::vector<bool> seen(model_.shards().size());
    for (const ManifestShard& line : listed) {
      const std::string name = line.shard_id ? shard_name(*line.shard_id) : "a shard without an id";
      const auto shard = model_.shard_named(name);
      if (!shard) {
        fault("lists " + name + ", which the TOC does not have");
        continue;
      }
      if (seen[*shard]) fault("lists " + name + " twice");
      seen[*shard] = true;
      const std::size_t index = model_.shards()[*shard];
      if (line.toc_index && *line.toc_index != index) {
        fault(name + " is TOC entry " + std::to_string(index) + ", not " + std::to_string(*line.toc_index));
      }
      if (line.size_bytes && *line.size_bytes != chunks()[index].length) {
        fault(name + " has " + std::to_string(chunks()[index].length) + " bytes, not " +
              std::to_string(*line.size_bytes));
      }
      if (!line.mmap_critical) fault(name + " has no \"mmap_critical\" that is true");
      const std::size_t count = model_.tensors_of(*shard).size();
      if (model_.all_tensors_usable() && line.tensor_count && *line.tensor_count != count) {
        fault(name + " holds " + std::to_string(count) + " tensors, not " +
              std::to_string(*line.tensor_count));
      }
    }
  }

  const AeroModel& model_;
  const Manifest& manifest_;
  const Chunk& chunk_;
  Report& report_;
};

}  // namespace

void check_manifest(const AeroModel& model, Report& report) {
  const Chunk* chunk = model.find(kManifest);
  const bool whole_toc = model.container().chunks.size() == model.container().entry_count;
  if (chunk != nullptr && whole_toc && model.manifest().sound) ManifestCheck(model, *chunk, report).run();
}

}  // namespace aerotool::aero
