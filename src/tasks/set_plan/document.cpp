#include "tasks/set_plan/document.hpp"

#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/text.hpp"
#include "encoding/json/value.hpp"
#include "hash/blake3.hpp"
#include "io/relative_path.hpp"
#include "tasks/set_plan/json_members.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "aerotool_plan";
constexpr std::uint64_t kVersion = 1;

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_json_string(out, key);
  out += ": ";
  append_json_string(out, text);
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += ", ";
    append_json_string(out, texts[i]);
  }
  out += ']';
}

/// `[`, each item on a line of its own, `]`.
template <typename Items, typename Append>
void append_lines(std::string& out, std::string_view key, const Items& items, Append append) {
  out += ",\n  ";
  append_json_string(out, key);
  out += ": [";
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n    " : ",\n    ";
    first = false;
    append(item);
  }
  out += first ? "]" : "\n  ]";
}

void append_input(std::string& out, const PlannedInput& input) {
  out += '{';
  append_member(out, "path", input.path);
  out += ", \"size\": " + std::to_string(input.size);
  if (input.modified) out += ", \"modified_ns\": " + std::to_string(*input.modified);
  if (!input.etag.empty()) {
    out += ", ";
    append_member(out, "etag", input.etag);
  }
  if (!input.sha256.empty()) {
    out += ", ";
    append_member(out, "sha256", input.sha256);
  }
  out += '}';
}

PlannedInput input_of(const JsonMembers& members) {
  PlannedInput input;
  input.path = members.text("path");
  input.size = members.number("size");
  if (const Value* modified = members.find("modified_ns")) {
    if (!modified->is_integer()) members.refuse("modified_ns", "an integer");
    input.modified = static_cast<std::int64_t>(modified->bits);
  }
  if (members.find("etag") != nullptr) input.etag = members.text("etag");
  if (members.find("sha256") != nullptr) input.sha256 = members.text("sha256");
  return input;
}

PlannedPart part_of(const JsonMembers& members) {
  PlannedPart part;
  part.file = members.text("file");
  part.bytes = members.number("bytes");
  part.tensors = members.texts("tensors");
  return part;
}

}  // namespace

std::string render(const PlanDocument& document) {
  std::string out = "{\n  ";
  append_json_string(out, kKey);
  out += ": " + std::to_string(kVersion) + ",\n  ";
  append_member(out, "command", document.command.name);
  out += ",\n  \"operands\": ";
  append_texts(out, document.command.operands);
  out += ",\n  \"options\": {";
  bool first = true;
  for (const auto& [name, values] : document.command.options) {
    out += first ? "" : ", ";
    first = false;
    append_json_string(out, name);
    out += ": ";
    append_texts(out, values);
  }
  out += '}';
  append_lines(out, "inputs", document.inputs, [&](const PlannedInput& input) { append_input(out, input); });
  append_lines(out, "side_files", document.side_files,
               [&](const PlannedInput& file) { append_input(out, file); });
  append_lines(out, "parts", document.parts, [&](const PlannedPart& part) {
    out += '{';
    append_member(out, "file", part.file);
    out += ", \"bytes\": " + std::to_string(part.bytes) + ", \"tensors\": ";
    append_texts(out, part.tensors);
    out += '}';
  });
  out += ",\n  \"closing\": ";
  append_texts(out, document.closing);
  return out + "\n}\n";
}

PlanDocument parse_plan(std::string_view text, const std::string& path) {
  // What values take beside their text is bounded by it.
  constexpr std::uint64_t kMemory = std::uint64_t{64} << 20;
  Value json;
  if (const auto problem = read_json(text, kMemory + 2 * text.size(), json))
    throw CorruptError({path, problem->offset, {}}, problem->message);
  const JsonMembers members(json, path, "the plan");
  members.require_version(kKey, kVersion);
  PlanDocument document;
  document.command.name = members.text("command");
  document.command.operands = members.texts("operands");
  const Value* options = members.find("options");
  if (options == nullptr || options->type != ValueType::map) members.refuse("options", "an object");
  for (const auto& [name, values] : options->map()) {
    document.command.options.emplace(name.text(), members.texts(values, "options"));
  }
  members.for_each_object("inputs", [&](const JsonMembers& of) { document.inputs.push_back(input_of(of)); });
  members.for_each_object("side_files",
                          [&](const JsonMembers& of) { document.side_files.push_back(input_of(of)); });
  members.for_each_object("parts", [&](const JsonMembers& of) { document.parts.push_back(part_of(of)); });
  document.closing = members.texts("closing");
  return document;
}

std::string plan_id(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  return to_hex(hash::blake3(bytes_of(text))).substr(0, kDigits);
}

}  // namespace aerotool::tasks
