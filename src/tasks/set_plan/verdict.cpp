#include "tasks/set_plan/verdict.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/json/writer.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kVersionKey = "aerotool_verdict";
constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kHex = "_hex";
constexpr std::string_view kElement = "element";
constexpr std::string_view kBlock = "block";

using OfTensor = ValueFindings::OfTensor;

// ---- writing

std::string hex_key(std::string_view key) {
  return std::string(key).append(kHex);
}

void put_text(JsonWriter& json, std::string_view key, std::string_view text) {
  is_utf8(text) ? json.member(key, text) : json.member(hex_key(key), to_hex(bytes_of(text)));
}

void put_text_unless_empty(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) put_text(json, key, text);
}

/// Of many things one array for each of their members, which takes a fraction of the memory of an object
/// each.
template <typename Items, typename Put>
void put_column(JsonWriter& json, std::string_view key, const Items& items, Put put) {
  json.key(key);
  json.begin_array();
  for (const auto& item : items) put(item);
  json.end_array();
}

template <typename Items, typename Number>
void put_numbers(JsonWriter& json, std::string_view key, const Items& items, Number number) {
  put_column(json, key, items, [&](const auto& item) { json.number(std::invoke(number, item)); });
}

template <typename Items, typename Flag>
void put_flags(JsonWriter& json, std::string_view key, const Items& items, Flag flag) {
  put_column(json, key, items, [&](const auto& item) { json.boolean(std::invoke(flag, item)); });
}

template <typename Items, typename Text>
void put_texts(JsonWriter& json, std::string_view key, const Items& items, Text text) {
  if (std::ranges::all_of(items, is_utf8, text)) {
    put_column(json, key, items, [&](const auto& item) { json.text(std::invoke(text, item)); });
  } else {
    put_column(json, hex_key(key), items,
               [&](const auto& item) { json.text(to_hex(bytes_of(std::invoke(text, item)))); });
  }
}

/// Names, and the paths of the files that they are in.
template <typename Items>
void put_names(JsonWriter& json, const Items& items, const std::string& file) {
  using Item = typename Items::value_type;
  put_texts(json, "names", items, &Item::name);
  const bool is_same = std::ranges::all_of(items, [&](const Item& item) { return item.path == file; });
  if (!is_same) put_texts(json, "paths", items, &Item::path);
}

void put_finding(JsonWriter& json, const Finding& finding, const std::string& file) {
  json.begin_object();
  json.member("severity", finding.severity == Severity::fault ? "fault" : "warning");
  json.member("code", name_of(finding.code));
  put_text(json, "message", finding.message);
  put_text_unless_empty(json, "path", finding.where.path);
  if (finding.where.offset) json.member("offset", *finding.where.offset);
  put_text_unless_empty(json, "tensor", finding.where.tensor);
  if (!finding.hit.empty()) {
    json.key("hit");
    json.begin_object();
    put_names(json, finding.hit, file);
    put_numbers(json, "offsets", finding.hit, &HitTensor::offset);
    put_numbers(json, "sizes", finding.hit, &HitTensor::size);
    json.end_object();
  }
  json.end_object();
}

void put_values(JsonWriter& json, const ValueFindings& values, const std::string& file) {
  const auto& found = values.found;
  const auto count_of = [](std::uint64_t ValueCounts::*count) {
    return [count](const OfTensor& tensor) { return tensor.counts.*count; };
  };
  // Nobody asks for the first of none.
  const auto first_of = [](std::uint64_t ValueCounts::*count, std::uint64_t ValueCounts::*first) {
    return [=](const OfTensor& tensor) { return tensor.counts.*count == 0 ? 0 : tensor.counts.*first; };
  };
  json.begin_object();
  json.member("tensors", values.tensors);
  put_names(json, found, file);
  put_flags(json, "blocks", found, [](const OfTensor& tensor) { return tensor.unit == kBlock; });
  put_numbers(json, "nan", found, count_of(&ValueCounts::nan));
  put_numbers(json, "first_nan", found, first_of(&ValueCounts::nan, &ValueCounts::first_nan));
  put_numbers(json, "infinite", found, count_of(&ValueCounts::infinite));
  put_numbers(json, "first_infinite", found, first_of(&ValueCounts::infinite, &ValueCounts::first_infinite));
  put_flags(json, "all_zero", found, [](const OfTensor& tensor) { return tensor.counts.all_zero; });
  json.end_object();
}

// ---- reading

class VerdictReader {
 public:
  explicit VerdictReader(const std::string& path) : path_(path) {}

  Verdict read(const Value& json) {
    const Value* version = json.find(kVersionKey);
    if (version == nullptr || !version->is_unsigned() || version->bits != kVersion)
      refuse("is not a verdict of a kind that this version of aerotool reads");
    Verdict verdict;
    verdict.plan = text(json, "plan");
    file_ = verdict.file = text(json, "file");
    verdict.size = number(json, "size");
    read_findings(json, verdict.report);
    verdict.tally.sha256_files = count(json, "sha256_files");
    if (const Value* values = json.find("values")) verdict.tally.values = read_values(*values);
    return verdict;
  }

 private:
  /// Sums of as many as there can be files do not overflow.
  static constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 48;

  [[noreturn]] void refuse(const std::string& problem) const { throw CorruptError({path_, {}, {}}, problem); }
  [[noreturn]] void refuse(std::string_view key, std::string_view problem) const {
    refuse("\"" + std::string(key) + "\" " + std::string(problem));
  }

  // ---- single values; `key` is what messages name

  std::uint64_t number_in(const Value* value, std::string_view key) const {
    if (value == nullptr || !value->is_unsigned()) refuse(key, "is not a number, or missing");
    return value->bits;
  }

  bool flag_in(const Value& value, std::string_view key) const {
    if (value.type != ValueType::boolean) refuse(key, "is not true or false");
    return value.bits != 0;
  }

  std::string text_in(const Value& value, bool is_hex, std::string_view key) const {
    if (value.type != ValueType::string) refuse(key, "is not a string");
    if (!is_hex) return std::string(value.text());
    std::string bytes(value.text().size() / 2, '\0');
    if (!from_hex(value.text(), std::as_writable_bytes(std::span(bytes))))
      refuse(key, "is not made of hexadecimal digits");
    return bytes;
  }

  std::uint64_t number(const Value& object, std::string_view key) const {
    return number_in(object.find(key), key);
  }

  std::uint64_t count(const Value& object, std::string_view key) const {
    const std::uint64_t count = number(object, key);
    if (count > kMaxCount) refuse(key, "is more than there can be");
    return count;
  }

  /// A member under its key, or that and "_hex".
  std::pair<const Value*, bool> find_text(const Value& object, std::string_view key) const {
    if (const Value* value = object.find(key)) return {value, false};
    return {object.find(hex_key(key)), true};
  }

  std::optional<std::string> optional_text(const Value& object, std::string_view key) const {
    const auto [value, is_hex] = find_text(object, key);
    if (value == nullptr) return std::nullopt;
    return text_in(*value, is_hex, key);
  }

  std::string text(const Value& object, std::string_view key) const {
    auto text = optional_text(object, key);
    if (!text) refuse(key, "is missing");
    return std::move(*text);
  }

  // ---- one member of many things

  const Array& array_in(const Value* value, std::string_view key) const {
    if (value == nullptr || value->type != ValueType::array) refuse(key, "is not an array, or missing");
    return value->array();
  }

  template <typename Items, typename Take>
  void take_column(const Value* value, std::string_view key, Items& items, Take take) const {
    const Array& array = array_in(value, key);
    if (array.count != items.size()) refuse(key, "has another length than the names beside it");
    std::size_t i = 0;
    for_each_element(array, [&](const Value& element) {
      take(items[i++], element);
      return true;
    });
  }

  template <typename Items, typename Number>
  void take_numbers(const Value& object, std::string_view key, Items& items, Number number) const {
    take_column(object.find(key), key, items, [&](auto& item, const Value& element) {
      std::invoke(number, item) = number_in(&element, key);
    });
  }

  template <typename Items, typename Text>
  void take_texts(std::pair<const Value*, bool> texts, std::string_view key, Items& items, Text text) const {
    take_column(texts.first, key, items, [&](auto& item, const Value& element) {
      std::invoke(text, item) = text_in(element, texts.second, key);
    });
  }

  /// What put_names() writes, of at most so many.
  template <typename Item>
  std::vector<Item> named(const Value& object, std::uint64_t most) const {
    const auto names = find_text(object, "names");
    const std::uint64_t count = array_in(names.first, "names").count;
    if (count > most) refuse("names", "are more than are kept");
    std::vector<Item> items(count);
    take_texts(names, "names", items, &Item::name);
    if (const auto paths = find_text(object, "paths"); paths.first != nullptr) {
      take_texts(paths, "paths", items, &Item::path);
    } else {
      for (Item& item : items) item.path = file_;
    }
    return items;
  }

  // ---- the parts of a verdict

  void read_findings(const Value& json, Report& report) {
    const Array& findings = array_in(json.find("findings"), "findings");
    if (findings.count > Report::kMax) refuse("findings", "are more than are kept");
    for_each_element(findings, [&](const Value& finding) {
      read_finding(finding, report);
      return true;
    });
    const std::uint64_t omitted = count(json, "omitted");
    const std::uint64_t faults = count(json, "omitted_faults");
    if (omitted != 0 && findings.count != Report::kMax)
      refuse("omitted", "counts findings for which there is room");
    if (faults > omitted) refuse("omitted_faults", "are more than are omitted");
    report.omit(omitted, faults);
  }

  void read_finding(const Value& json, Report& report) {
    const std::string severity = text(json, "severity");
    const auto code = code_named(text(json, "code"));
    if (!code) refuse("code", "is none that this version of aerotool knows");
    Where where{optional_text(json, "path").value_or(""), {}, optional_text(json, "tensor").value_or("")};
    if (json.find("offset") != nullptr) where.offset = number(json, "offset");
    std::string message = text(json, "message");
    std::vector<HitTensor> hit = read_hit(json);
    if (severity == "fault") {
      report.fault(*code, std::move(where), std::move(message), std::move(hit));
    } else if (severity == "warning" && hit.empty()) {
      report.warning(*code, std::move(where), std::move(message));
    } else {
      refuse("severity", "is not that of a finding");
    }
  }

  std::vector<HitTensor> read_hit(const Value& json) {
    const Value* object = json.find("hit");
    if (object == nullptr) return {};
    auto hit = named<HitTensor>(*object, Report::kMaxHits - hits_);
    hits_ += hit.size();
    take_numbers(*object, "offsets", hit, &HitTensor::offset);
    take_numbers(*object, "sizes", hit, &HitTensor::size);
    return hit;
  }

  ValueFindings read_values(const Value& json) const {
    ValueFindings values;
    values.tensors = count(json, "tensors");
    auto& found = values.found = named<OfTensor>(json, values.tensors);
    const auto take_counts = [&](std::string_view key, std::uint64_t ValueCounts::*count) {
      take_numbers(
          json, key, found, [count](OfTensor & tensor) -> auto& { return tensor.counts.*count; });
    };
    take_counts("nan", &ValueCounts::nan);
    take_counts("first_nan", &ValueCounts::first_nan);
    take_counts("infinite", &ValueCounts::infinite);
    take_counts("first_infinite", &ValueCounts::first_infinite);
    take_column(json.find("blocks"), "blocks", found, [&](OfTensor& tensor, const Value& value) {
      tensor.unit = flag_in(value, "blocks") ? kBlock : kElement;
    });
    take_column(json.find("all_zero"), "all_zero", found, [&](OfTensor& tensor, const Value& value) {
      tensor.counts.all_zero = flag_in(value, "all_zero");
    });
    for (OfTensor& tensor : found) {
      if (tensor.counts.nan == 0) tensor.counts.first_nan = ValueCounts::kNone;
      if (tensor.counts.infinite == 0) tensor.counts.first_infinite = ValueCounts::kNone;
    }
    return values;
  }

  const std::string& path_;
  std::string file_;
  std::size_t hits_ = 0;
};

}  // namespace

std::string render_verdict(const Verdict& verdict) {
  JsonWriter json(JsonWriter::Arrays::one_line);
  const Report& report = verdict.report;
  json.begin_object();
  json.member(kVersionKey, kVersion);
  put_text(json, "plan", verdict.plan);
  put_text(json, "file", verdict.file);
  json.member("size", verdict.size);
  json.key("findings");
  json.begin_array();
  for (const Finding& finding : report.findings()) put_finding(json, finding, verdict.file);
  json.end_array();
  json.member("omitted", report.omitted());
  json.member("omitted_faults", report.omitted_faults());
  json.member("sha256_files", verdict.tally.sha256_files);
  json.key("values");
  put_values(json, verdict.tally.values, verdict.file);
  json.end_object();
  std::string text = json.finish();
  if (text.size() > kMaxVerdictBytes) {
    throw UnsupportedError({verdict.file, {}, {}}, "what was found in it takes " + human_size(text.size()) +
                                                       "; at most " + human_size(kMaxVerdictBytes) +
                                                       " are written down");
  }
  return text;
}

Verdict read_verdict(std::string_view text, const std::string& path) {
  // A number of one digit, with a comma and a space behind it, takes eight bytes.
  constexpr std::uint64_t kMaxMemory = 4 * kMaxVerdictBytes;
  if (text.size() > kMaxVerdictBytes) {
    throw CorruptError({path, {}, {}}, "has " + human_size(text.size()) + "; a verdict has at most " +
                                           human_size(kMaxVerdictBytes));
  }
  Value json;
  if (const auto problem = read_json(text, kMaxMemory, json))
    throw CorruptError({path, problem->offset, {}}, problem->message);
  return VerdictReader(path).read(json);
}

}  // namespace aerotool::tasks
