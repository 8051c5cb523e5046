#include "formats/aero/rules/manifest.hpp"

#include "core/text.hpp"
#include "formats/aero/read/model_json.hpp"

namespace aerotool::aero {
namespace {

class ManifestCheck {
 public:
  ManifestCheck(const OpenedFile& file, const ShardMap& shards, const TensorTable& table, const Chunk& chunk,
                Report& report)
      : file_(file),
        shards_(shards),
        table_(table),
        manifest_(file.manifest),
        chunk_(chunk),
        report_(report) {}

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
    report_.fault(Code::metadata, {file_.path(), chunk_.offset, {}}, "MMSG: " + what);
  }
  const std::vector<Chunk>& chunks() const { return file_.chunks(); }

  void check_name(const char* says, const char* key, const std::string& name) {
    const std::string json_name = text_member(file_.json, key);
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
    if (listed.size() != shards_.size()) {
      fault("lists " + std::to_string(listed.size()) + " shards, the TOC has " +
            std::to_string(shards_.size()));
    }
    std::vector<bool> seen(shards_.size());
    for (const ManifestShard& line : listed) {
      const std::string name = line.shard_id ? shard_name(*line.shard_id) : "a shard without an id";
      const auto shard = shards_.named(name);
      if (!shard) {
        fault("lists " + name + ", which the TOC does not have");
        continue;
      }
      if (seen[*shard]) fault("lists " + name + " twice");
      seen[*shard] = true;
      const std::size_t index = shards_.toc_index(*shard);
      if (line.toc_index && *line.toc_index != index) {
        fault(name + " is TOC entry " + std::to_string(index) + ", not " + std::to_string(*line.toc_index));
      }
      if (line.size_bytes && *line.size_bytes != chunks()[index].length) {
        fault(name + " has " + std::to_string(chunks()[index].length) + " bytes, not " +
              std::to_string(*line.size_bytes));
      }
      if (!line.mmap_critical) fault(name + " has no \"mmap_critical\" that is true");
      const std::size_t count = table_.of_shard(*shard).size();
      if (table_.all_usable && line.tensor_count && *line.tensor_count != count) {
        fault(name + " holds " + std::to_string(count) + " tensors, not " +
              std::to_string(*line.tensor_count));
      }
    }
  }

  const OpenedFile& file_;
  const ShardMap& shards_;
  const TensorTable& table_;
  const Manifest& manifest_;
  const Chunk& chunk_;
  Report& report_;
};

}  // namespace

void check_manifest(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                    Report& report) {
  const Chunk* chunk = file.find(kManifest);
  if (chunk != nullptr && file.whole_toc() && file.manifest.sound)
    ManifestCheck(file, shards, table, *chunk, report).run();
}

}  // namespace aerotool::aero
