#include "commands/diff/output.hpp"

#include <array>
#include <cstdio>
#include <string>

#include "cli/json_out.hpp"
#include "cli/objects_text.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "commands/diff/cells.hpp"
#include "commands/diff/dequantized.hpp"
#include "commands/diff/numbers_json.hpp"
#include "core/text.hpp"

namespace aerotool::commands {
namespace {

using tasks::MetadataDifference;
using tasks::NumericDifference;
using tasks::TensorDifference;
using tasks::WeightDifference;
using Kind = TensorDifference::Kind;

/// The element that holds the first changed byte; nothing in blocks of several elements.
std::optional<std::uint64_t> first_element(const TensorDifference& difference) {
  const std::uint32_t bits = difference.a->dtype.bits();
  if (bits == 0) return std::nullopt;
  return difference.bytes.first / (bits / 8);
}

// ---- text

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  const double percent = static_cast<double>(part) / static_cast<double>(whole) * 100;
  constexpr double kLeast = 0.01;
  if (percent < kLeast) return "< 0.01 %";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.2f %%", percent);
  return text.data();
}

std::string bytes_text(const TensorDifference& difference) {
  std::string sizes =
      sides_text(difference, [](const Tensor& tensor) { return with_thousands(tensor.size); });
  if (difference.kind != Kind::bytes) return sizes;
  return with_thousands(difference.bytes.changed) + " of " + sizes + " (" +
         share_text(difference.bytes.changed, difference.a->size) + ")";
}

std::string first_text(const TensorDifference& difference) {
  if (difference.kind != Kind::bytes) return kNothing;
  std::string text = "byte " + std::to_string(difference.bytes.first);
  if (const auto element = first_element(difference)) text += " (element " + std::to_string(*element) + ")";
  const auto kind = tasks::number_kind(difference.a->dtype);
  if (!kind) return text;
  return text + ": " + cli::scalar_text(tasks::exact_value(*kind, difference.bytes.bits_a)) + " -> " +
         cli::scalar_text(tasks::exact_value(*kind, difference.bytes.bits_b));
}

void add_numbers(const TensorDifference& difference, std::vector<std::string>& cells) {
  if (!difference.numeric) {
    constexpr std::size_t kColumns = 7;
    cells.insert(cells.end(), kColumns, kNothing);
    return;
  }
  const NumericDifference& numeric = *difference.numeric;
  cells.push_back(max_text(numeric));
  cells.push_back(number_text(numeric.mean()));
  cells.push_back(number_text(numeric.rms()));
  cells.push_back(number_text(numeric.cosine()));
  add_special_counts(numeric, cells);
}

void print_tensors(const Difference& difference, cli::TextOut& out) {
  using enum cli::Table::Align;
  std::vector<cli::Table::Align> columns = {left, left, left, left, right};
  std::vector<std::string> heads = {"change", "tensor", "dtype", "shape", "bytes"};
  if (difference.numeric) {
    columns.insert(columns.end(), {left, right, right, right, right, right, right});
    heads.insert(heads.end(), {"max |A-B|", "mean", "RMS", "cosine", "NaN", "Inf", "unlike"});
  }
  columns.push_back(left);
  heads.emplace_back("first difference");
  cli::Table table(columns);
  table.row(heads);
  for (const TensorDifference& tensor : difference.weights.tensors) {
    std::vector<std::string> cells = {
        change_text(tensor), escape_controls(any_side(tensor).name),
        sides_text(tensor, [](const Tensor& side) { return escape_controls(side.dtype.name()); }),
        sides_text(tensor, [](const Tensor& side) { return to_string(side.shape); }), bytes_text(tensor)};
    if (difference.numeric) add_numbers(tensor, cells);
    cells.push_back(first_text(tensor));
    table.row(std::move(cells));
  }
  out.line("");
  table.print(out, "  ");
}

std::string values_text(const MetadataDifference& metadata) {
  constexpr bool kShorten = true;
  if (!metadata.a || !metadata.b) return cli::value_text(metadata.a ? *metadata.a : *metadata.b, kShorten);
  const Value& a = *metadata.a;
  const Value& b = *metadata.b;
  const std::string text_a = cli::value_text(a, kShorten);
  const std::string text_b = cli::value_text(b, kShorten);
  if (cli::type_text(a) != cli::type_text(b))
    return cli::type_text(a) + " " + text_a + " -> " + cli::type_text(b) + " " + text_b;
  std::string text = text_a + " -> " + text_b;
  const auto first = tasks::first_difference(a, b);
  // What differs is in what is not shown.
  if (text_a == text_b && first)
    text +=
        (a.type == ValueType::array ? ", from element " : ", from byte ") + std::to_string(*first) + " on";
  return text;
}

void print_metadata(const std::vector<MetadataDifference>& differences, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, left, left});
  table.row({"change", "metadata", "value"});
  for (const MetadataDifference& metadata : differences) {
    const char* change = "value";
    if (!metadata.b) change = "only in A";
    if (!metadata.a) change = "only in B";
    table.row({change, escape_controls(metadata.key), values_text(metadata)});
  }
  out.line("");
  table.print(out, "  ");
}

std::string sides_text(const tasks::ObjectDifference& object, const Difference& difference) {
  const std::string a = object.a != nullptr ? cli::text_of(*object.a, difference.a) : std::string{};
  const std::string b = object.b != nullptr ? cli::text_of(*object.b, difference.b) : std::string{};
  if (object.a == nullptr || object.b == nullptr) return a + b;
  // What is told alike differs in attributes or types.
  return a == b ? a + ", of other attributes or types" : a + " -> " + b;
}

void print_objects(const Difference& difference, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, left, left});
  table.row({"change", "object", "layout"});
  for (const tasks::ObjectDifference& object : difference.objects) {
    const char* change = "object";
    if (object.b == nullptr) change = "only in A";
    if (object.a == nullptr) change = "only in B";
    const Object& any = object.a != nullptr ? *object.a : *object.b;
    table.row({change, escape_controls(any.name), sides_text(object, difference)});
  }
  out.line("");
  table.print(out, "  ");
}

/// "4 of 6 tensors differ"
std::string changed_text(const Difference& difference, std::uint64_t changed) {
  std::string text = with_thousands(changed) + " of " + plural(difference.weights.in_both, "tensor") +
                     (changed == 1 ? " differs" : " differ");
  if (difference.dequantized) text += values_note(difference.weights);
  return text;
}

std::string verdict(const Difference& difference) {
  const WeightDifference& weights = difference.weights;
  const std::uint64_t only_in_a = weights.count(Kind::only_in_a);
  const std::uint64_t only_in_b = weights.count(Kind::only_in_b);
  const std::uint64_t changed = weights.tensors.size() - only_in_a - only_in_b;
  if (difference.same()) {
    std::string text =
        "the same: " + plural(weights.in_both, "tensor") + ", " + human_size(weights.in_both_bytes);
    if (weights.by_hash != 0) text += " (" + with_thousands(weights.by_hash) + " by their hashes)";
    return text;
  }
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (weights.not_compared != 0) {
    if (changed != 0) {
      add(changed_text(difference, changed));
    } else if (difference.none()) {
      add("the heads are the same");
    }
    if (weights.by_hash != 0) add(plural(weights.by_hash, "tensor") + " the same by hashes");
    add(not_compared_text(weights));
  } else if (changed != 0) {
    add(changed_text(difference, changed));
  } else if (weights.in_both != 0) {
    add(plural(weights.in_both, "tensor") + " the same");
  }
  if (only_in_a != 0) add(with_thousands(only_in_a) + " only in A");
  if (only_in_b != 0) add(with_thousands(only_in_b) + " only in B");
  if (!difference.objects.empty()) add("objects differ");
  if (!difference.metadata.empty()) add("metadata differs");
  return text;
}

// ---- JSON

std::string_view status_of(Kind kind) {
  switch (kind) {
    case Kind::only_in_a:
      return "only_in_a";
    case Kind::only_in_b:
      return "only_in_b";
    case Kind::form:
      return "form_changed";
    case Kind::hash:
      return "hash_differs";
    case Kind::bytes:
      return "bytes_changed";
  }
  return "";
}

void add_side(std::string_view name, const Tensor* tensor, cli::JsonOut& json) {
  if (tensor == nullptr) return;
  json.key(name);
  json.begin_object();
  json.name_member("dtype", tensor->dtype.name());
  json.array_member("shape", tensor->shape, [&](std::uint64_t dimension) { json.number(dimension); });
  json.member("size", tensor->size);
  json.end_object();
}

void add_bytes(const TensorDifference& difference, cli::JsonOut& json) {
  json.member("bytes_changed", difference.bytes.changed);
  if (difference.in_parts) return;
  json.member("first_offset", difference.bytes.first);
  if (const auto element = first_element(difference)) json.member("first_element", *element);
  const auto kind = tasks::number_kind(difference.a->dtype);
  if (!kind) return;
  json.key("first_a");
  json.value(tasks::exact_value(*kind, difference.bytes.bits_a));
  json.key("first_b");
  json.value(tasks::exact_value(*kind, difference.bytes.bits_b));
}

void add_model(std::string_view name, const Model& model, cli::JsonOut& json) {
  json.key(name);
  json.begin_object();
  json.name_member("path", model.path());
  json.member("format", model.overview().format);
  json.member("tensors", model.tensors().size());
  json.end_object();
}

void add_counts(const Difference& difference, cli::JsonOut& json) {
  const WeightDifference& weights = difference.weights;
  const std::uint64_t form = weights.count(Kind::form);
  const std::uint64_t hash = weights.count(Kind::hash);
  const std::uint64_t bytes = weights.count(Kind::bytes);
  json.key("counts");
  json.begin_object();
  json.member("in_both", weights.in_both);
  json.member("same", weights.same());
  json.member("same_by_hash", weights.by_hash);
  json.member("only_in_a", weights.count(Kind::only_in_a));
  json.member("only_in_b", weights.count(Kind::only_in_b));
  json.member("form_changed", form);
  json.member("bytes_changed", bytes);
  if (hash != 0) json.member("hash_differs", hash);
  if (weights.not_compared != 0) {
    json.member("not_compared", weights.not_compared);
    json.member("not_compared_bytes", weights.not_compared_bytes);
  }
  if (difference.dequantized) {
    json.member("values_equal", count_values(weights, Values::equal));
    json.member("values_not_compared", count_values(weights, Values::not_compared));
  }
  json.member("metadata", difference.metadata.size());
  json.end_object();
}

void add_value(std::string_view name, const std::optional<Value>& value, cli::JsonOut& json) {
  if (!value) return;
  json.key(name);
  json.begin_object();
  cli::add_value_members(*value, json);
  json.end_object();
}

void add_object(std::string_view name, const Object* object, const Model& model, cli::JsonOut& json) {
  if (object == nullptr) return;
  json.key(name);
  json.begin_object();
  cli::add_object_members(*object, model, json);
  json.end_object();
}

std::string_view status_of(const MetadataDifference& metadata) {
  if (!metadata.b) return "only_in_a";
  return metadata.a ? "changed" : "only_in_b";
}

}  // namespace

std::string not_compared_text(const tasks::WeightDifference& weights) {
  return plural(weights.not_compared, "tensor") + " of " + human_size(weights.not_compared_bytes) +
         (weights.not_compared == 1 ? " was" : " were") + " not compared";
}

void print_text(const cli::CommonOptions& options, const Difference& difference, cli::TextOut& out) {
  const cli::Style style = difference.same()   ? cli::Style::good
                           : difference.none() ? cli::Style::doubtful
                                               : cli::Style::bad;
  out.line(escape_controls(difference.a.path()) + " -> " + escape_controls(difference.b.path()) + ": " +
           cli::styled(options, style, verdict(difference)));
  if (difference.dequantized) {
    print_values(difference.weights, out);
  } else if (!difference.weights.tensors.empty()) {
    print_tensors(difference, out);
  }
  if (!difference.objects.empty()) print_objects(difference, out);
  if (!difference.metadata.empty()) print_metadata(difference.metadata, out);
}

void print_json(const Difference& difference, cli::TextOut& out) {
  cli::JsonOut json(out);
  json.begin_object();
  add_model("a", difference.a, json);
  add_model("b", difference.b, json);
  json.key("same");
  if (difference.none() && !difference.same()) {
    json.null();  // nobody knows
  } else {
    json.boolean(difference.same());
  }
  add_counts(difference, json);
  json.objects_member("tensors", difference.weights.tensors, [&](const TensorDifference& tensor) {
    json.name_member("name", any_side(tensor).name);
    json.member("status", status_of(tensor.kind));
    add_side("a", tensor.a, json);
    add_side("b", tensor.b, json);
    if (tensor.kind == Kind::bytes) add_bytes(tensor, json);
    if (difference.dequantized && tensor.a != nullptr && tensor.b != nullptr)
      json.member("values", name_of(judge_values(tensor)));
    if (tensor.numeric) add_numeric(*tensor.numeric, json);
  });
  if (difference.dequantized) add_types(difference.weights, json);
  if (!difference.objects.empty()) {
    json.objects_member("objects", difference.objects, [&](const tasks::ObjectDifference& object) {
      const Object& any = object.a != nullptr ? *object.a : *object.b;
      json.name_member("name", any.name);
      json.member("status", object.b == nullptr   ? "only_in_a"
                            : object.a == nullptr ? "only_in_b"
                                                  : "changed");
      add_object("a", object.a, difference.a, json);
      add_object("b", object.b, difference.b, json);
    });
  }
  json.objects_member("metadata", difference.metadata, [&](const MetadataDifference& metadata) {
    json.name_member("key", metadata.key);
    json.member("status", status_of(metadata));
    add_value("a", metadata.a, json);
    add_value("b", metadata.b, json);
  });
  json.end_object();
  json.finish();
}

}  // namespace aerotool::commands
