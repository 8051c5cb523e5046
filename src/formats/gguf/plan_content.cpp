#include "formats/gguf/plan_content.hpp"
#include "formats/gguf/plan_values.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/gguf/edit_head.hpp"
#include "formats/gguf/split.hpp"
#include "transfer/carried.hpp"
#include "transfer/planned_objects.hpp"
#include "transfer/recorded_order.hpp"
#include "transfer/text_metadata.hpp"
#include "transfer/unmeasured.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::size_t kMaxKeyBytes = 65535;  // that ggml takes
constexpr std::size_t kMaxShown = 100;
constexpr unsigned kMaxNesting = 16;  // that the reader takes

/// Collects text under keys that GGUF has no other use for.
class Collector {
 public:
  explicit Collector(const Plan& plan) : plan_(plan) {}

  void add(std::string_view key, std::string text) { add(key, Value::string(std::move(text))); }
  void add(std::string_view key, const Value& text) {
    if (key.empty() || key.size() > kMaxKeyBytes) {
      lose(key, "its key is " + std::string(key.empty() ? "empty" : "too long"));
    } else if (key == kAlignmentKey || is_split_key(key)) {
      lose(key, "the key means something else in GGUF");
    } else {
      text_.add(key, text);
    }
  }
  void lose(std::string_view key, const std::string& why) {
    require_place(plan_, key, why);
    text_.lose("'" + escape_controls(key.substr(0, kMaxShown)) + "'", why);
  }

  void finish(Content& content) {
    Metadata values = std::move(content.metadata);
    content.metadata = text_.take();
    std::move(values.entries.begin(), values.entries.end(), std::back_inserter(content.metadata.entries));
    content.lost = text_.take_lost();
    if (text_.untold() != 0) content.lost.push_back("metadata: " + std::to_string(text_.untold()) + " more");
  }

 private:
  const Plan& plan_;
  TextMetadata text_;
};

/// What is not text, from a format whose values are of any type.
void add_value(const Plan& plan, const std::string& key, const Value& value, Collector& collector,
               Content& content) {
  const bool is_set = plan.edits.metadata.find(key) != nullptr;
  if (!content.source.valued_metadata && !is_set) return collector.lose(key, "it is not text");
  if (key.empty() || key.size() > kMaxKeyBytes || is_split_key(key))
    return collector.lose(key, "the key means something else in GGUF, or is none");
  if (key == kAlignmentKey && !(value.is_unsigned() && is_power_of_two(value.bits)))
    return collector.lose(key, "it is no alignment");
  // What somebody has given a type keeps it.
  auto typed = is_set && has_gguf_type(value) ? std::optional(value) : gguf_value(value);
  if (!typed) {
    const bool is_array = value.type == ValueType::array;
    return collector.lose(key, is_array ? "GGUF has no arrays of several types"
                                        : "GGUF has no type for " + std::string(name_of(value.type)));
  }
  content.metadata.entries.emplace_back(key, std::move(*typed));
}

/// Metadata for a model that is not GGUF's: what it is called goes under GGUF's keys, all other text under
/// its own.
void collect(const Plan& plan, Content& content) {
  const Naming named = naming(plan, content.source);
  const NameKeys keys = name_keys(true);
  const NameKeys text_keys = name_keys(false);
  const Metadata own = content.source.metadata.value_or(Metadata{});
  // Text that was GGUF's once still says what the model is called.
  const auto first_of = [&](const std::optional<std::string>& asked, std::string_view key,
                            const std::string& other) {
    if (asked) return *asked;
    return own.text(key).empty() ? other : std::string(own.text(key));
  };
  Collector collector(plan);
  const std::string architecture = first_of(plan.edits.architecture, keys.architecture, named.architecture);
  const std::string name = first_of(plan.edits.name, keys.name, named.name);
  if (!architecture.empty()) collector.add(keys.architecture, architecture);
  if (!name.empty()) collector.add(keys.name, name);
  for (const auto& [key, value] : own.entries) {
    if (value.type != ValueType::string) {
      add_value(plan, key, value, collector, content);
      continue;
    }
    if (key == text_keys.architecture && value.text() == architecture) continue;
    if (key == text_keys.name && value.text() == name) continue;
    collector.add(key, value);
  }
  if (!content.source.metadata) {
    for (const auto& [key, value] : plan.models.front()->own_content().members) {
      if (key.type == ValueType::string && value.type == ValueType::string) collector.add(key.text(), value);
    }
  }
  collector.finish(content);
}

/// The keys without which llama.cpp loads no model of language.
std::vector<std::string> missing_keys(const Metadata& metadata) {
  std::vector<std::string> missing;
  const std::string architecture(metadata.text(name_keys(true).architecture));
  for (const char* key : {".context_length", ".embedding_length", ".block_count"}) {
    const Value* value = metadata.find(architecture + key);
    if (value == nullptr || !value->is_integer()) missing.push_back(escape_controls(architecture) + key);
  }
  const std::pair<const char*, ValueType> tokenizer[] = {{"tokenizer.ggml.model", ValueType::string},
                                                         {"tokenizer.ggml.tokens", ValueType::array}};
  for (const auto& [key, type] : tokenizer) {
    const Value* value = metadata.find(key);
    if (value == nullptr || value->type != type) missing.emplace_back(key);
  }
  return missing;
}

/// What a source that was not GGUF lacks of it.
void warn_of_missing_keys(const Plan& plan, Content& content) {
  std::string line;
  for (const std::string& key : missing_keys(content.metadata)) line += (line.empty() ? "" : ", ") + key;
  if (!line.empty())
    content.warnings.push_back(describe({plan.models.front()->path(), {}, {}},
                                        "has no metadata for keys that loaders of GGUF need: " + line));
}

bool nests_at_most(const Value& value, unsigned levels) {
  if (value.type != ValueType::array) return true;
  if (levels == 0) return false;
  const auto& items = value.array().items;
  return std::all_of(items.begin(), items.end(),
                     [&](const Value& item) { return nests_at_most(item, levels - 1); });
}

/// A version that a hostile file says is GGUF's.
std::uint32_t carried_version(const Plan& plan, std::uint64_t version) {
  if (version == 2 || version == 3) return static_cast<std::uint32_t>(version);
  throw CorruptError(
      {plan.models.front()->path(), {}, {}},
      "the source that it carries is of GGUF version " + std::to_string(version) + "; only 2 and 3 exist");
}

void set_alignment(Metadata& metadata, std::uint64_t alignment) {
  auto& entries = metadata.entries;
  const auto known = std::find_if(entries.begin(), entries.end(),
                                  [](const auto& entry) { return entry.first == kAlignmentKey; });
  if (alignment == kDefaultAlignment) {
    if (known != entries.end()) entries.erase(known);
  } else if (known != entries.end()) {
    known->second = Value::of(ValueType::u32, alignment);
  } else {
    entries.emplace_back(kAlignmentKey, Value::of(ValueType::u32, alignment));
  }
}

/// What the source's own heads say stays, but for names and metadata that are others now.
void edit_heads(const Plan& plan, Source& source) {
  NewNames names;
  for (const PlannedTensor& planned : plan.tensors) {
    if (planned.is_renamed())
      names.emplace(planned.model->tensors()[planned.index].name, planned.tensor().name);
  }
  const auto edit = [&](const std::optional<Metadata>& metadata, std::optional<Bytes>& head) {
    if (head) head = edited_head(*head, metadata.value_or(Metadata{}), names, plan.models.front()->path());
  };
  edit(source.metadata, source.head);
  for (SourceFile& file : source.files) edit(file.metadata, file.head);
}

}  // namespace

Content content_of(const Plan& plan) {
  require_measured(plan, "GGUF");
  Carried all = carried(plan, Recording::no, Heads::edited);
  Content content;
  content.source = std::move(all.source);
  content.dropped = std::move(all.dropped);
  std::vector<std::string> lost_objects;
  require_tensors(plan, "GGUF", lost_objects);
  const auto index_lost = lost_index(all.index_metadata);
  Source& source = content.source;
  content.in_source_order = in_recorded_order(plan, source).value_or(plan.tensors);
  const bool own = source.format == "gguf" && source.metadata && source.typed_metadata;
  if (own) {
    content.metadata = *carried_metadata(plan, *source.metadata);
    content.version = carried_version(plan, source.version.value_or(content.version));
    content.restores = all.kept.layout();
    if (content.restores && !all.kept.head) edit_heads(plan, source);
    if (plan.edits.metadata.touches(name_keys(true).architecture))
      require_architecture(plan, content.metadata);
  } else {
    drop_layout(source, content.dropped);
    collect(plan, content);
    content.lost.insert(content.lost.end(), index_lost.begin(), index_lost.end());
    warn_of_missing_keys(plan, content);
  }
  if (const auto align = plan.options.get(write::align())) set_alignment(content.metadata, *align);
  content.lost.insert(content.lost.end(), lost_objects.begin(), lost_objects.end());
  const auto extras = lost_own_content(plan, !source.metadata);
  content.lost.insert(content.lost.end(), extras.begin(), extras.end());
  return content;
}

std::shared_ptr<const Metadata> carried_metadata(const Plan& plan, const Metadata& metadata) {
  for (const auto& [key, value] : metadata.entries) {
    if (nests_at_most(value, kMaxNesting)) continue;
    throw CorruptError(
        {plan.models.front()->path(), {}, {}},
        "the metadata that it carries nests arrays deeper than " + std::to_string(kMaxNesting) + " levels");
  }
  return std::make_shared<const Metadata>(metadata);
}

void unite(Content& content) {
  if (!content.source.files.empty()) {
    const auto is_lost = [&](const auto& entry) {
      if (is_split_key(entry.first) || entry.first == kAlignmentKey) return false;
      const Value* kept = content.metadata.find(entry.first);
      return kept == nullptr || *kept != entry.second;
    };
    for (const SourceFile& file : content.source.files) {
      if (!file.metadata ||
          std::none_of(file.metadata->entries.begin(), file.metadata->entries.end(), is_lost))
        continue;
      content.lost.emplace_back("metadata of parts after the first, where it differs from the first's");
      break;
    }
    add_lost_gaps(content.source, content.lost);
    drop_layout(content.source, content.dropped);
    content.restores = false;
  }
  if (!content.restores && erase_split_keys(content.metadata))
    content.dropped.emplace_back("the keys that say how the source is split");
}

FileContent only_file(const Plan& plan, const Content& content) {
  FileContent file;
  file.tensors = content.source.order ? tensors_at(plan, *content.source.order) : plan.tensors;
  file.version = content.version;
  file.metadata = std::make_shared<const Metadata>(content.metadata);
  file.restored = content.restores;
  file.head = content.source.head;
  file.gaps = content.source.gaps;
  return file;
}

void require_architecture(const Plan& plan, const Metadata& metadata) {
  if (!metadata.text(name_keys(true).architecture).empty()) return;
  throw UnsupportedError({plan.models.front()->path(), {}, {}},
                         "GGUF needs an architecture; --architecture names one");
}

}  // namespace aerotool::gguf
