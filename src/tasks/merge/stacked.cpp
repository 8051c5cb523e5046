#include "tasks/merge/stacked.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "num_hidden_layers";
constexpr std::uint64_t kMaxMemory = std::uint64_t{64} << 20;

/// Where the number stands behind a key of the outermost object of a text that is JSON.
std::optional<std::pair<std::size_t, std::size_t>> number_behind(std::string_view json,
                                                                 std::string_view key) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{' || json[i] == '[') ++depth;
    if (json[i] == '}' || json[i] == ']') --depth;
    if (json[i] != '"') continue;
    const std::size_t begin = ++i;
    while (json[i] != '"') i += json[i] == '\\' ? 2 : 1;
    if (depth != 1 || json.substr(begin, i - begin) != key) continue;
    const std::size_t colon = json.find_first_not_of(" \t\r\n", i + 1);
    if (colon == std::string_view::npos || json[colon] != ':') continue;
    const std::size_t number = json.find_first_not_of(" \t\r\n", colon + 1);
    const std::size_t end = json.find_first_not_of("0123456789", number);
    if (end == number || end == std::string_view::npos) return std::nullopt;
    return std::pair(number, end);
  }
  return std::nullopt;
}

}  // namespace

std::string with_layers(std::string_view config_json, std::uint64_t layers, const std::string& path) {
  Value value;
  if (const auto problem = read_json(config_json, kMaxMemory, value))
    throw CorruptError({path, problem->offset, {}}, shortened(problem->message));
  std::string text(config_json);
  if (value.type != ValueType::map) return text;
  if (const auto number = number_behind(config_json, kKey))
    text.replace(number->first, number->second - number->first, std::to_string(layers));
  return text;
}

void plan_layer_count(std::uint64_t layers, Plan& plan) {
  const auto config = std::ranges::find(plan.side_files, "config.json", &SideFile::path);
  if (config != plan.side_files.end()) {
    std::string old;
    config->put([&](ByteSpan bytes) { old += chars_of(bytes); });
    const auto text = std::make_shared<const std::string>(with_layers(old, layers, config->path));
    config->size = text->size();
    config->hashed = false;
    config->put = [text](const SideFile::Sink& sink) { sink(bytes_of(*text)); };
  }
  const Metadata metadata = plan.models.front()->metadata();
  const std::string key = std::string(metadata.text("general.architecture")) + ".block_count";
  const Value* known = metadata.find(key);
  if (known != nullptr && known->is_integer())
    plan.edits.metadata.set.emplace_back(key, Value::of(known->type, layers));
}

}  // namespace aerotool::tasks
