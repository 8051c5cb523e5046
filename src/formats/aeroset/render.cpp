#include "formats/aeroset/render.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "core/text.hpp"
#include "encoding/json/memory.hpp"

namespace aerotool::aeroset {

namespace {

using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, JsonMemory>;
using Writer = rapidjson::PrettyWriter<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, JsonMemory>;

void put_key(Writer& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void put_text(Writer& json, std::string_view key, std::string_view text) {
  put_key(json, key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put_file(Writer& json, const SetFile& file) {
  put_text(json, "path", file.path);
  put_text(json, "sha256", to_hex(file.sha256.value_or(Digest{})));
  put_key(json, "size_bytes");
  json.Uint64(file.size.value_or(0));
}

}  // namespace

std::string render_set_index(const SetIndex& index) {
  Buffer buffer;
  Writer json(buffer);
  json.SetIndent(' ', 2);
  json.StartObject();
  put_key(json, "format");
  json.StartObject();
  put_text(json, "name", kFormatName);
  put_key(json, "version");
  json.StartArray();
  json.Uint64(0);
  json.Uint64(index.base_url ? 2 : 1);
  json.EndArray();
  json.EndObject();
  put_key(json, "model");
  json.StartObject();
  put_text(json, "name", index.model_name);
  put_text(json, "architecture", index.architecture);
  json.EndObject();
  if (index.base_url) put_text(json, "base_url", *index.base_url);
  put_key(json, "parts");
  json.StartArray();
  for (const SetPart& part : index.parts) {
    json.StartObject();
    put_file(json, part);
    put_key(json, "shards");
    json.StartArray();
    for (const std::uint64_t id : part.shards) json.Uint64(id);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  put_key(json, "global_tidx");
  json.StartObject();
  put_file(json, index.tensor_index);
  json.EndObject();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace aerotool::aeroset
