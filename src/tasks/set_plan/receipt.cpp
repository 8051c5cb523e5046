#include "tasks/set_plan/receipt.hpp"

#include "core/text.hpp"
#include "encoding/json/text.hpp"
#include "encoding/json/value.hpp"
#include "tasks/set_plan/json_members.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "aerotool_receipt";
constexpr std::uint64_t kVersion = 1;

void append_digests(std::string& out, std::string_view key, const std::vector<Digest>& digests) {
  out.append(",\n  \"").append(key).append("\": [");
  for (std::size_t i = 0; i < digests.size(); ++i)
    out.append(i == 0 ? "\n    \"" : ",\n    \"").append(to_hex(digests[i])).append("\"");
  out += digests.empty() ? "]" : "\n  ]";
}

}  // namespace

std::string render(const Receipt& receipt) {
  std::string out = "{\n  \"" + std::string(kKey) + "\": " + std::to_string(kVersion) + ",\n  \"plan\": ";
  append_json_string(out, receipt.plan);
  out += ",\n  \"file\": ";
  append_json_string(out, receipt.file);
  const WrittenPart& part = receipt.part;
  out += ",\n  \"size\": " + std::to_string(part.size) + ",\n  \"sha256\": \"" + to_hex(part.sha256) + "\"";
  if (!part.uuid.empty()) {
    out += ",\n  \"uuid\": ";
    append_json_string(out, part.uuid);
  }
  append_digests(out, "shards", part.shards);
  append_digests(out, "tensors", part.tensors);
  return out + "\n}\n";
}

Receipt parse_receipt(std::string_view text, const std::string& path) {
  const Value json = json_of_file(text, path);
  const JsonMembers members(json, path, "the receipt");
  members.require_version(kKey, kVersion);
  Receipt receipt;
  receipt.plan = members.text("plan");
  receipt.file = members.text("file");
  receipt.part.size = members.number("size");
  receipt.part.sha256 = members.digest("sha256");
  if (members.find("uuid") != nullptr) receipt.part.uuid = members.text("uuid");
  receipt.part.shards = members.digests("shards");
  if (receipt.part.shards.empty()) members.refuse("shards", "an array of at least one hash");
  receipt.part.tensors = members.digests("tensors");
  return receipt;
}

}  // namespace aerotool::tasks
