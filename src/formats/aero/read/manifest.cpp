#include "formats/aero/read/manifest.hpp"

#include "core/text.hpp"
#include "encoding/msgpack/event_router.hpp"
#include "formats/aero/read/metadata_chunk.hpp"

namespace aerotool::aero {
namespace {

class ManifestHandler : public EventRouter<ManifestHandler> {
 public:
  ManifestHandler(ManifestParts parts, std::uint64_t memory) : EventRouter(memory), parts_(parts) {}
  using EventRouter::memory_left;
  Manifest take() { return std::move(manifest_); }
  bool version_known() const { return version_known_; }

  Route route_member() {
    if (depth() == 1) {
      section_ = key();
      if (section_ == "format" || section_ == "quant_descriptors") return Route::build;
      if (section_ == "model" || section_ == "chunks" || section_ == "shards") return Route::enter;
      if (section_ == "source") manifest_.has_source = true;
      return parts_ == ManifestParts::all ? Route::build : Route::skip;
    }
    if (section_ == "model") return key() == "name" || key() == "architecture" ? Route::enter : Route::skip;
    static constexpr std::string_view kNumbers[] = {"toc_index", "shard_id", "size_bytes", "tensor_count"};
    for (const std::string_view name : kNumbers) {
      if (key() == name) return Route::enter;
    }
    if (key() == "mmap_critical") return Route::build;
    return key() == "fourcc" || key() == "role" ? Route::enter : Route::skip;
  }

  bool on_begin(Collection kind, std::uint32_t count) {
    const bool lists = section_ == "chunks" || section_ == "shards";
    if (depth() == 2 && lists) {
      if (kind != Collection::array) return fail_bool("\"" + section_ + "\" is not an array");
      if (count > kMaxChunks) return fail_bool("\"" + section_ + "\" has more entries than a TOC may have");
      if (section_ == "chunks") {
        manifest_.chunks.emplace();
      } else {
        manifest_.shards.emplace();
      }
      return true;
    }
    if (section_ == "model" && depth() == 2) manifest_.has_model = true;
    if (kind != Collection::map || depth() > 3 || (depth() == 3 && !lists)) {
      return fail_bool("\"" + section_ + "\" is malformed");
    }
    if (depth() == 3 && section_ == "chunks") manifest_.chunks->emplace_back();
    if (depth() == 3 && section_ == "shards") manifest_.shards->emplace_back();
    return true;
  }

  bool on_end(Collection) { return true; }

  bool on_number(std::uint64_t value) {
    if (depth() != 3) return on_other();
    if (section_ == "chunks") {
      ManifestChunk& chunk = manifest_.chunks->back();
      if (key() == "toc_index") chunk.toc_index = value;
      if (key() == "shard_id") chunk.shard_id = value;
      return true;
    }
    ManifestShard& shard = manifest_.shards->back();
    if (key() == "toc_index") shard.toc_index = value;
    if (key() == "shard_id") shard.shard_id = value;
    if (key() == "size_bytes") shard.size_bytes = value;
    if (key() == "tensor_count") shard.tensor_count = value;
    return true;
  }

  bool on_text(std::string_view text) {
    if (depth() == 2 && section_ == "model") {
      (key() == "name" ? manifest_.model_name : manifest_.architecture) = text;
      return true;
    }
    if (depth() == 3 && section_ == "chunks" && (key() == "fourcc" || key() == "role")) {
      ManifestChunk& chunk = manifest_.chunks->back();
      (key() == "fourcc" ? chunk.fourcc : chunk.role) = text;
      return true;
    }
    return on_other();
  }

  bool on_blob(ByteSpan) { return on_other(); }
  bool on_other() { return fail_bool("\"" + escape_controls(section_) + "\" is malformed"); }

  bool on_built(Value value) {
    if (depth() == 3) {
      if (section_ == "shards") manifest_.shards->back().mmap_critical = value == Value::boolean(true);
    } else if (section_ == "format") {
      const Value* name = value.find("name");
      const Value* version = value.find("version");
      version_known_ = name != nullptr && name->type == ValueType::string && name->text() == kMagic &&
                       version != nullptr && *version == known_version();
    } else if (section_ == "quant_descriptors") {
      manifest_.quant_descriptors = std::move(value);
      return keep_built();
    } else if (section_ == "source") {
      manifest_.source = std::move(value);
      return keep_built();
    } else {
      manifest_.extras.emplace_back(Value::string(section_), std::move(value));
      return keep_built(sizeof(MapItems::value_type) + section_.size());
    }
    return true;
  }

 private:
  static Value known_version() {
    ArrayBuilder version;
    version.add(Value::u64(kVersionMajor));
    version.add(Value::u64(kVersionMinor));
    return Value::array(version.finish());
  }

  ManifestParts parts_;
  Manifest manifest_;
  std::string section_;
  bool version_known_ = false;
};

}  // namespace

Manifest read_manifest(const io::Input& input, const Chunk& chunk, ManifestParts parts, std::uint64_t& memory,
                       Report& report) {
  ManifestHandler handler(parts, memory);
  const bool sound = parse_chunk(input, chunk, handler, report);
  memory = handler.memory_left();
  if (sound && !handler.version_known()) {
    report.fault(Code::metadata, Where{input.name(), chunk.offset, {}},
                 label(chunk) + ": \"format\" is not {\"name\": \"AERO\", \"version\": [0, 1]}");
  }
  Manifest manifest = handler.take();
  manifest.sound = sound;
  return manifest;
}

}  // namespace aerotool::aero
