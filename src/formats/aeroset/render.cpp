#include "formats/aeroset/render.hpp"

#include "core/text.hpp"
#include "encoding/json/writer.hpp"

namespace aerotool::aeroset {

namespace {

void put_file(JsonWriter& json, const SetFile& file) {
  json.member("path", file.path);
  json.member("sha256", to_hex(file.sha256.value_or(Digest{})));
  json.member("size_bytes", file.size.value_or(0));
}

}  // namespace

std::string render_set_index(const SetIndex& index) {
  JsonWriter json;
  json.begin_object();
  json.key("format");
  json.begin_object();
  json.member("name", kFormatName);
  json.key("version");
  json.begin_array();
  json.number(0);
  json.number(index.base_url ? 2 : 1);
  json.end_array();
  json.end_object();
  json.key("model");
  json.begin_object();
  json.member("name", index.model_name);
  json.member("architecture", index.architecture);
  json.end_object();
  if (index.base_url) json.member("base_url", *index.base_url);
  json.key("parts");
  json.begin_array();
  for (const SetPart& part : index.parts) {
    json.begin_object();
    put_file(json, part);
    json.key("shards");
    json.begin_array();
    for (const std::uint64_t id : part.shards) json.number(id);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("global_tidx");
  json.begin_object();
  put_file(json, index.tensor_index);
  json.end_object();
  json.end_object();
  return json.finish();
}

}  // namespace aerotool::aeroset
