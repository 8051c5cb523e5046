#include "tasks/convert/metadata_edits.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/value_text.hpp"
#include "io/spool.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"
#include "transfer/carried.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kMaxAlignment = std::uint64_t{2} << 20;
constexpr std::size_t kMaxKeyBytes = 65535;

[[noreturn]] void refuse(std::string_view key, const std::string& why) {
  throw RequestError("--set " + shown(key) + ": " + why);
}

std::string text_of_file(const std::string& path) {
  const auto input = io::open_input(path, {});
  if (input->size() > kMaxFileBytes) {
    throw RequestError({path, {}, {}}, "has " + human_size(input->size()) + "; a value has at most " +
                                           human_size(kMaxFileBytes));
  }
  std::string text(input->size(), '\0');
  input->read(0, std::as_writable_bytes(std::span(text)));
  input->require_unchanged();
  return text;
}

/// Whether a text could be meant as something else than text.
bool is_ambiguous(std::string_view text) {
  const auto is = [&](std::string_view sort) {
    std::string problem;
    return value_of_text(*ValueSort::named(sort), text, problem).has_value();
  };
  return is("bool") || is("f64") || (text.find_first_of("[{") == 0 && is("json"));
}

/// Settles what is asked for against what is there.
class Settling {
 public:
  Settling(const Model& model, const WriteOptions& options, Edits& edits)
      : there_(model.metadata()),
        source_(model.source()),
        options_(options),
        edits_(edits),
        name_(edits.name),
        architecture_(edits.architecture) {}

  void set(const MetadataSetting& setting) {
    std::string key = setting.key;
    const std::optional<ValueSort> sort = sort_of(key);
    if (key.size() > kMaxKeyBytes) refuse(key, "the key is too long");
    require_no_structure(key);
    const std::string file = setting.file();
    const bool is_file = !file.empty();
    std::string text = setting.value;
    if (is_file) {
      text = text_of_file(file);
    } else if (text.starts_with('@')) {
      text.erase(0, 1);
    }
    if (!sort && !has_text_alone() && !is_file && is_ambiguous(text)) {
      refuse(key, "the key is new; its type goes before the equal sign, as in " + escape_controls(key) +
                      ":u32=4096 or " + escape_controls(key) + ":string=4096");
    }
    std::string problem;
    const auto value = value_of_text(sort.value_or(ValueSort{}), text, problem);
    if (!value) refuse(key, (is_file ? "the text of the file" : shown(text)) + " " + problem);
    if (is_typed()) require_gguf(key, *value);
    if (!names_model(key, *value)) put(std::move(key), *value);
  }

  void unset(const Pattern& pattern, const Listener& listener) {
    bool any = false;
    for (const auto& [key, value] : there_.entries) {
      if (!pattern.matches(key)) continue;
      if (is_structure(key)) {
        if (pattern.text() == key) throw RequestError("--unset " + shown(key) + ": " + why_structure(key));
        continue;
      }
      any = true;
      if (edits_.metadata.find(key) != nullptr || is_named(key)) continue;
      if (key == names().name) edits_.nameless = true;
      edits_.metadata.unset.insert(key);
    }
    if (!any) listener.warn("--unset: no metadata key matches " + shown(pattern.text()));
  }

 private:
  bool is_typed() const { return source_.typed_metadata; }
  /// Keys are members of MJSN where an AERO file was made from nothing else.
  bool is_in_json() const { return !source_.metadata && !there_.entries.empty(); }
  bool has_text_alone() const {
    return !source_.format.empty() && !source_.typed_metadata && !source_.valued_metadata;
  }
  NameKeys names() const { return name_keys(has_typed_names(source_)); }
  bool is_named(std::string_view key) const {
    return (key == names().name && edits_.name) || (key == names().architecture && edits_.architecture);
  }

  /// Takes the type off the key. Nothing where neither says one.
  std::optional<ValueSort> sort_of(std::string& key) const {
    if (const Value* known = there_.find(key)) {
      const auto sort = ValueSort::of(*known);
      if (sort) return sort;
      refuse(key,
             "its values are of a type that has no text; " + escape_controls(key) + ":TYPE= gives another");
    }
    if (is_typed() && key == kGgufAlignment) return ValueSort{ValueType::u32};
    const std::size_t colon = key.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto sort = ValueSort::named(std::string_view(key).substr(colon + 1));
    if (!sort) {
      refuse(key, shown(std::string_view(key).substr(colon + 1)) + " is no type; there are " +
                      std::string(names_of_sorts()));
    }
    key.resize(colon);
    if (key.empty()) refuse(key, "the key is empty");
    return sort;
  }

  bool is_structure(std::string_view key) const {
    if (is_typed()) return key.starts_with("split.");
    constexpr std::array<std::string_view, 2> kOfJson = {"source_format", "quant_descriptors"};
    return is_in_json() && (std::ranges::find(kOfJson, key) != kOfJson.end() ||
                            ((key == names().name || key == names().architecture) && source_.format.empty()));
  }
  std::string why_structure(std::string_view key) const {
    if (is_typed()) return "it says how the file is split, which --max-shard-bytes is for";
    if (key == names().name) return "every AERO file has one; --name gives another";
    if (key == names().architecture) return "every AERO file has one; --architecture gives another";
    return "it describes the AERO file itself";
  }
  void require_no_structure(std::string_view key) const {
    const bool is_name = key == names().name || key == names().architecture;
    if (!is_name && is_structure(key)) refuse(key, why_structure(key));
  }

  void require_gguf(std::string_view key, const Value& value) const {
    const bool has_type = value.type <= ValueType::f64 &&
                          (value.type != ValueType::array || value.array().element <= ValueType::f64);
    if (!has_type) refuse(key, "GGUF has no type for that");
    if (key != kGgufAlignment) return;
    if (value.type != ValueType::u32 || !is_power_of_two(value.bits) || value.bits > kMaxAlignment)
      refuse(key, "an alignment is a power of two of type u32, at most 2MiB");
    if (options_.get(write::align()).value_or(value.bits) != value.bits)
      refuse(key, "--align says otherwise");
  }

  bool names_model(std::string_view key, const Value& value) {
    if (value.type != ValueType::string) return false;
    const auto name = [&](std::optional<std::string>& place, const std::optional<std::string>& asked,
                          const char* option) {
      if (asked && *asked != value.text()) refuse(key, std::string(option) + " says otherwise");
      place = std::string(value.text());
      return true;
    };
    if (key == names().name) return name(edits_.name, name_, "--name");
    if (key == names().architecture) return name(edits_.architecture, architecture_, "--architecture");
    return false;
  }

  void put(std::string key, const Value& value) {
    auto& all = edits_.metadata.set;
    const auto known = std::ranges::find_if(all, [&](const auto& entry) { return entry.first == key; });
    if (known != all.end()) {
      known->second = value;
    } else {
      all.emplace_back(std::move(key), value);
    }
  }

  Metadata there_;
  Source source_;
  const WriteOptions& options_;
  Edits& edits_;
  std::optional<std::string> name_;  // as options of their own ask for
  std::optional<std::string> architecture_;
};

}  // namespace

MetadataSetting::MetadataSetting(const std::string& text) {
  const std::size_t equal = text.find('=');
  const auto refuse_text = [&](const char* why) { throw UsageError("--set " + shown(text) + ": " + why); };
  if (!is_utf8(text)) throw UsageError("--set takes UTF-8 text");
  if (equal == std::string::npos) refuse_text("is not KEY=VALUE");
  if (equal == 0) refuse_text("the key is empty");
  key = text.substr(0, equal);
  value = text.substr(equal + 1);
}

std::string MetadataSetting::file() const {
  return value.starts_with('@') && !value.starts_with("@@") ? value.substr(1) : std::string();
}

void plan_metadata_edits(const std::vector<MetadataSetting>& settings, const std::vector<std::string>& unset,
                         const Listener& listener, Plan& plan) {
  if (settings.empty() && unset.empty()) return;
  Settling settling(*plan.models.front(), plan.options, plan.edits);
  for (const MetadataSetting& setting : settings) settling.set(setting);
  for (const Pattern& pattern : patterns(unset)) settling.unset(pattern, listener);
}

}  // namespace aerotool::tasks
