#include "formats/safetensors/plan_content.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/safetensors/message.hpp"
#include "transfer/carried.hpp"
#include "transfer/planned_objects.hpp"
#include "transfer/recorded_order.hpp"
#include "transfer/text_metadata.hpp"

namespace aerotool::safetensors {
namespace {

template <typename Number>
std::string shortest(Number number) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

/// The text of a value; nothing where it has none.
std::optional<std::string> text_of(const Value& value) {
  switch (value.type) {
    case ValueType::string:
      if (!is_utf8(value.text())) return std::nullopt;
      return std::string(value.text());
    case ValueType::boolean:
      return value.bits != 0 ? "true" : "false";
    case ValueType::f32:
      return shortest(std::bit_cast<float>(static_cast<std::uint32_t>(value.bits)));
    case ValueType::f64:
      return shortest(std::bit_cast<double>(value.bits));
    default:
      break;
  }
  if (!value.is_integer()) return std::nullopt;
  return value.is_unsigned() ? shortest(value.bits) : shortest(static_cast<std::int64_t>(value.bits));
}

/// Collects entries that safetensors can hold.
class Collector {
 public:
  explicit Collector(const Plan& plan) : plan_(plan) {}

  void add(std::string_view key, const Value& value) {
    auto text = text_of(value);
    if (!is_utf8(key)) {
      lose(key, "its key is not UTF-8");
    } else if (!text) {
      lose(key, value.type == ValueType::string
                    ? std::string("it is not UTF-8")
                    : "safetensors metadata holds only text, not " + std::string(name_of(value.type)));
    } else if (!text_.add(key, value.type == ValueType::string ? value : Value::string(std::move(*text)))) {
      lose(key, "its key is duplicated");
    }
  }
  void add_text(std::string_view key, const std::string& text) {
    if (!text.empty()) add(key, Value::string(text));
  }

  void finish(Content& content) {
    content.lost = text_.take_lost();
    if (text_.untold() != 0)
      content.lost.push_back("metadata: " + plural(text_.untold(), "more entry", "more entries"));
    if (!text_.empty()) content.metadata = std::make_shared<const Metadata>(text_.take());
  }

 private:
  void lose(std::string_view key, const std::string& why) {
    require_place(plan_, key, why);
    text_.lose(quoted(key), why);
  }

  const Plan& plan_;
  TextMetadata text_;
};

/// Fills in the metadata of a target whose source has none of safetensors' own.
void collect(const Plan& plan, Content& content) {
  Collector collector(plan);
  if (content.source.metadata) {
    for (const auto& [key, value] : content.source.metadata->entries) collector.add(key, value);
  } else {
    const Naming named = naming(plan, content.source);
    const NameKeys keys = name_keys(false);
    collector.add_text(keys.name, named.name);
    collector.add_text(keys.architecture, named.architecture);
    for (const auto& [key, value] : plan.models.front()->own_content().members) {
      if (key.type == ValueType::string && value.type == ValueType::string) collector.add(key.text(), value);
    }
  }
  collector.finish(content);
}

/// Where the source does not say, it is what its format's writer would choose.
std::vector<PlannedTensor> in_source_order(const Plan& plan, const Source& source) {
  if (auto recorded = in_recorded_order(plan, source)) return std::move(*recorded);
  std::vector<PlannedTensor> tensors = plan.tensors;
  if (source.format == kSourceFormat) put_in_reference_order(tensors);
  return tensors;
}

}  // namespace

void refuse_gaps(const Plan& plan) {
  throw CorruptError({plan.models.front()->path(), {}, {}},
                     "safetensors cannot hold the gaps that it carries; --include '*' leaves them out");
}

std::shared_ptr<const Metadata> carried_metadata(const Plan& plan, const std::optional<Metadata>& metadata) {
  if (!metadata) return nullptr;
  std::unordered_set<std::string_view> keys;
  for (const auto& [key, value] : metadata->entries) {
    const auto refuse = [&, &name = key](const std::string& why) {
      throw CorruptError({plan.models.front()->path(), {}, {}},
                         "the metadata that it carries: " + quoted(name) + " " + why);
    };
    if (!is_utf8(key) || value.type != ValueType::string || !is_utf8(value.text()))
      refuse("is not UTF-8 text");
    if (!keys.insert(key).second) refuse("is duplicated");
  }
  return std::make_shared<const Metadata>(*metadata);
}

Content content_of(const Plan& plan) {
  Carried all = carried(plan);
  Content content;
  content.source = std::move(all.source);
  content.dropped = std::move(all.dropped);
  std::vector<std::string> lost_objects;
  require_tensors(plan, "safetensors", lost_objects);
  content.index_metadata = std::move(all.index_metadata);
  require_places(plan);
  const Source& source = content.source;
  content.in_source_order = in_source_order(plan, source);
  std::vector<std::string> lost_gaps;
  if (source.format != kSourceFormat) {
    add_lost_gaps(source, lost_gaps);
    drop_layout(content.source, content.dropped);
  }
  if (!source.gaps.empty()) refuse_gaps(plan);
  const bool own = source.metadata && !source.typed_metadata && !source.valued_metadata;
  if (own) {
    for (const auto& [key, value] : plan.edits.metadata.set) {
      if (value.type != ValueType::string)
        require_place(plan, key,
                      "safetensors metadata holds only text, not " + std::string(name_of(value.type)));
    }
    content.metadata = carried_metadata(plan, source.metadata);
  } else {
    collect(plan, content);
  }
  content.lost.insert(content.lost.end(), lost_gaps.begin(), lost_gaps.end());
  content.lost.insert(content.lost.end(), lost_objects.begin(), lost_objects.end());
  const auto extras = lost_own_content(plan, !source.metadata);
  content.lost.insert(content.lost.end(), extras.begin(), extras.end());
  return content;
}

void unite(Content& content) {
  Source& source = content.source;
  if (source.files.empty()) return;
  const auto differs = [&](const SourceFile& file) {
    if (!file.metadata || !source.metadata) return file.metadata.has_value() != source.metadata.has_value();
    return file.metadata->entries != source.metadata->entries;
  };
  if (std::any_of(source.files.begin(), source.files.end(), differs))
    content.lost.emplace_back("metadata of files after the first, where it differs from the first's");
  drop_layout(source, content.dropped);
}

void drop_index(Content& content) {
  for (std::string& line : lost_index(content.index_metadata)) content.lost.push_back(std::move(line));
  content.index_metadata.clear();
}

FileContent only_file(const Plan& plan, const Content& content) {
  FileContent file;
  file.metadata = content.metadata;
  file.head = content.source.head;
  if (content.source.order) {
    file.tensors = tensors_at(plan, *content.source.order);
  } else {
    file.tensors = plan.tensors;
    put_in_reference_order(file.tensors);
  }
  return file;
}

}  // namespace aerotool::safetensors
