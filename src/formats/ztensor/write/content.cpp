#include "formats/ztensor/write/content.hpp"

#include <unordered_set>
#include <utility>

#include "core/text.hpp"
#include "encoding/cbor/reader.hpp"
#include "transfer/carried.hpp"
#include "transfer/text_metadata.hpp"

namespace aerotool::ztensor {
namespace {

/// Why attributes cannot hold a value; empty where they can.
std::string problem_of(const Value& value, std::size_t depth) {
  if (depth > cbor::Reader::kMaxDepth)
    return "it nests deeper than " + std::to_string(cbor::Reader::kMaxDepth) + " levels";
  std::string problem;
  if (value.type == ValueType::array) {
    if (value.array().is_packed() && value.array().element != ValueType::array) return {};
    for_each_element(value.array(), [&](const Value& element) {
      problem = problem_of(element, depth + 1);
      return problem.empty();
    });
  }
  if (value.type != ValueType::map) return problem;
  std::unordered_set<std::string_view> keys;
  for (const auto& [key, item] : value.map()) {
    if (key.type == ValueType::string && !keys.insert(key.text()).second) return "a key in it is duplicated";
    problem = problem_of(item, depth + 1);
    if (!problem.empty()) return problem;
  }
  return {};
}

class Attributes {
 public:
  Attributes(const Plan& plan, Content& content) : plan_(plan), content_(content) {}

  void add(const std::string& key, const Value& value) {
    // Two levels are above it: the root, and the map that it is in.
    constexpr std::size_t kDepth = 2;
    std::string problem;
    if (!is_utf8(key) || key.empty() || key.size() > kMaxName || key.find('\0') != std::string::npos) {
      problem = "its key is not allowed";
    } else if (keys_.contains(key)) {
      problem = "its key is duplicated";
    } else {
      problem = problem_of(value, kDepth);
    }
    if (!problem.empty()) require_place(plan_, key, problem);
    if (!problem.empty()) return lost_.lose("'" + escape_controls(shortened(key)) + "'", problem);
    keys_.insert(key);
    if (!content_.attributes) content_.attributes.emplace();
    content_.attributes->entries.emplace_back(key, value);
  }
  void add_text(std::string_view key, const std::string& text) {
    if (!text.empty()) add(std::string(key), Value::string(text));
  }
  void finish() {
    content_.lost = lost_.take_lost();
    if (lost_.untold() != 0)
      content_.lost.push_back("metadata: " + plural(lost_.untold(), "more entry", "more entries"));
  }

 private:
  const Plan& plan_;
  Content& content_;
  std::unordered_set<std::string> keys_;
  TextMetadata lost_;
};

void collect(const Plan& plan, Content& content) {
  Attributes attributes(plan, content);
  const Source& source = content.source;
  if (source.metadata) {
    for (const auto& [key, value] : source.metadata->entries) attributes.add(key, value);
    // What was empty is written empty.
    const bool is_own = source.format == kSourceFormat;
    if (is_own && source.metadata->entries.empty()) content.attributes.emplace();
  } else {
    const Naming named = naming(plan, source);
    const NameKeys keys = name_keys(false);
    attributes.add_text(keys.name, named.name);
    attributes.add_text(keys.architecture, named.architecture);
    for (const auto& [key, value] : plan.models.front()->own_content().members) {
      if (key.type == ValueType::string && value.type == ValueType::string)
        attributes.add(std::string(key.text()), value);
    }
  }
  attributes.finish();
}

}  // namespace

Content content_of(const Plan& plan, Restore restore) {
  Carried all = carried(plan);
  Content content;
  content.source = std::move(all.source);
  content.dropped = std::move(all.dropped);
  const bool is_own = content.source.format == kSourceFormat;
  content.restores = restore == Restore::yes && is_own && all.kept.all() && content.source.head &&
                     content.source.tail && !plan.options.has(write::tensor_hash());
  collect(plan, content);
  for (std::string& line : lost_index(all.index_metadata)) content.lost.push_back(std::move(line));
  if (!content.restores) {
    if (!is_own) add_lost_gaps(content.source, content.lost);
    drop_layout(content.source, content.dropped);
  }
  for (std::string& line : lost_own_content(plan, !content.source.metadata))
    content.lost.push_back(std::move(line));
  return content;
}

}  // namespace aerotool::ztensor
