#include "tasks/compare/metadata.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace aerotool::tasks {
namespace {

bool is_text(const Value& value, std::string_view text) {
  return value.type == ValueType::string && value.text() == text;
}

/// Whether a label of an AERO file tells nothing (src/formats/aero/FORMAT.md, "MJSN").
bool is_filler(std::string_view key, const Value& value) {
  if (key == "source_format") return true;
  if (key == "architecture") return is_text(value, "unknown");
  return key == "model_name" && (is_text(value, "converted") || is_text(value, "converted-gguf") ||
                                 is_text(value, "converted-sharded"));
}

/// Whether the other model says the same of itself, under a key of its own or in another way.
bool is_known(std::string_view key, const Value& value, const SelfDescription& other) {
  return (key == "model_name" && is_text(value, other.model_name)) ||
         (key == "architecture" && is_text(value, other.architecture));
}

using ByKey = std::map<std::string_view, const Value*>;

ByKey by_key(const SelfDescription& model) {
  ByKey values;
  for (const auto& [key, value] : model.metadata.entries) {
    if (model.own || !is_filler(key, value)) values.emplace(key, &value);
  }
  return values;
}

void forget_known(ByKey& values, const SelfDescription& model, const ByKey& others,
                  const SelfDescription& other) {
  if (model.own) return;
  std::erase_if(values, [&](const auto& entry) {
    return !others.contains(entry.first) && is_known(entry.first, *entry.second, other);
  });
}

/// The first byte of which both have one and that is not the same, or the length of the shorter.
std::uint64_t first_byte(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  const auto differ =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first;
  return static_cast<std::uint64_t>(differ - a.begin());
}

std::uint64_t first_element(const Array& a, const Array& b) {
  if (!a.is_packed() || !b.is_packed()) {
    const std::size_t count = std::min(a.items.size(), b.items.size());
    std::size_t i = 0;
    while (i < count && a.items[i] == b.items[i]) ++i;
    return i;
  }
  const std::uint64_t byte = first_byte(a.packed.text(), b.packed.text());
  if (a.element != ValueType::string) return byte / std::max<std::size_t>(packed_width(a.element), 1);
  // Up to this byte the strings and their lengths are the same in both.
  constexpr std::uint64_t kLength = 8;
  std::uint64_t end = 0;
  std::uint64_t index = 0;
  for_each_element(a, [&](const Value& element) {
    end += kLength + element.text().size();
    if (end > byte) return false;
    ++index;
    return true;
  });
  return index;
}

}  // namespace

SelfDescription self_description(const Model& model) {
  SelfDescription description;
  const Overview view = model.overview();
  description.model_name = view.model_name;
  description.architecture = view.architecture;
  Source source = model.source();
  description.own = source.metadata.has_value();
  description.metadata = description.own ? std::move(*source.metadata) : model.metadata();
  if (source.named_by_path)
    std::erase_if(description.metadata.entries,
                  [](const auto& entry) { return entry.first == "model_name"; });
  return description;
}

std::vector<MetadataDifference> compare_metadata(const SelfDescription& a, const SelfDescription& b) {
  ByKey values_a = by_key(a);
  ByKey values_b = by_key(b);
  forget_known(values_a, a, values_b, b);
  forget_known(values_b, b, values_a, a);
  std::vector<MetadataDifference> differences;
  for (const auto& [key, value] : values_a) {
    const auto other = values_b.find(key);
    if (other == values_b.end()) {
      differences.push_back({std::string(key), *value, {}});
    } else if (!(*value == *other->second)) {
      differences.push_back({std::string(key), *value, *other->second});
    }
  }
  for (const auto& [key, value] : values_b) {
    if (!values_a.contains(key)) differences.push_back({std::string(key), {}, *value});
  }
  std::sort(differences.begin(), differences.end(),
            [](const MetadataDifference& x, const MetadataDifference& y) { return x.key < y.key; });
  return differences;
}

std::optional<std::uint64_t> first_difference(const Value& a, const Value& b) {
  if (a.type != b.type) return std::nullopt;
  if (a.type == ValueType::string || a.type == ValueType::binary) return first_byte(a.text(), b.text());
  if (a.type != ValueType::array || a.array().element != b.array().element) return std::nullopt;
  return first_element(a.array(), b.array());
}

}  // namespace aerotool::tasks
