#include "commands/diff/dequantized.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <vector>

#include "cli/table.hpp"
#include "commands/diff/cells.hpp"
#include "commands/diff/numbers_json.hpp"
#include "core/text.hpp"
#include "tasks/compare/by_type.hpp"

namespace aerotool::commands {
namespace {

using tasks::NumericDifference;
using tasks::TensorDifference;
using tasks::TypeDifference;

constexpr const char* kNotCompared = "not compared";

bool is_in_both(const TensorDifference& difference) {
  return difference.a != nullptr && difference.b != nullptr;
}

bool has_special(const TensorDifference& difference) {
  if (!difference.numeric) return false;
  const NumericDifference& numeric = *difference.numeric;
  return (numeric.nan_a | numeric.nan_b | numeric.inf_a | numeric.inf_b) != 0;
}

std::string decibels_text(std::optional<double> decibels) {
  if (!decibels) return kNothing;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", *decibels);
  return text.data();
}

/// The numbers of a row, beginning with the largest difference, which stands on the left: it may say where it
/// is, or why there are none.
class NumberColumns {
 public:
  /// `special`: with those for NaN and infinities.
  explicit NumberColumns(bool special) : special_(special) {}

  void add_to(std::vector<cli::Table::Align>& columns, std::vector<std::string>& heads) const {
    using enum cli::Table::Align;
    columns.insert(columns.end(), {left, right, right, right, right});
    heads.insert(heads.end(), {"max |A-B|", "RMS", "relative", "cosine", "SNR in dB"});
    if (!special_) return;
    columns.insert(columns.end(), kSpecial, right);
    heads.insert(heads.end(), {"NaN", "Inf", "unlike"});
  }
  void add_cells(const std::string& max, const NumericDifference& numeric,
                 std::vector<std::string>& cells) const {
    cells.push_back(max);
    cells.push_back(number_text(numeric.rms()));
    cells.push_back(number_text(numeric.relative()));
    cells.push_back(number_text(numeric.cosine()));
    cells.push_back(decibels_text(numeric.signal_to_noise()));
    if (special_) add_special_counts(numeric, cells);
  }
  void add_none(const char* why, std::vector<std::string>& cells) const {
    constexpr std::size_t kOthers = 4;
    cells.emplace_back(why);
    cells.insert(cells.end(), kOthers + (special_ ? kSpecial : 0), kNothing);
  }

 private:
  static constexpr std::size_t kSpecial = 3;
  bool special_;
};

void print_types(const std::vector<TypeDifference>& types, const NumberColumns& numbers, cli::TextOut& out) {
  using enum cli::Table::Align;
  std::vector<cli::Table::Align> columns = {left, right};
  std::vector<std::string> heads = {"dtype", "tensors"};
  numbers.add_to(columns, heads);
  cli::Table table(columns);
  table.row(heads);
  const auto add = [&](const std::string& name, const TypeDifference& type) {
    std::vector<std::string> cells = {name, with_thousands(type.tensors)};
    if (type.numeric) {
      const std::string max = type.numeric->pairs != 0 ? number_text(type.numeric->max) : kNothing;
      numbers.add_cells(max, *type.numeric, cells);
    } else {
      numbers.add_none(kNotCompared, cells);
    }
    table.row(std::move(cells));
  };
  for (const TypeDifference& type : types)
    add(in_both(escape_controls(type.a), escape_controls(type.b)), type);
  const auto compared =
      std::ranges::count_if(types, [](const TypeDifference& type) { return type.numeric.has_value(); });
  if (compared > 1) add("all", tasks::all_types(types));
  out.line("");
  table.print(out, "  ");
}

void print_tensors(const std::vector<TensorDifference>& tensors, const NumberColumns& numbers,
                   cli::TextOut& out) {
  using enum cli::Table::Align;
  std::vector<cli::Table::Align> columns = {left, left, left, left};
  std::vector<std::string> heads = {"change", "tensor", "dtype", "shape"};
  numbers.add_to(columns, heads);
  cli::Table table(columns);
  table.row(heads);
  for (const TensorDifference& tensor : tensors) {
    std::vector<std::string> cells = {change_text(tensor), escape_controls(any_side(tensor).name),
                                      dtypes_text(tensor), shapes_text(tensor)};
    if (tensor.numeric) {
      numbers.add_cells(max_text(*tensor.numeric), *tensor.numeric, cells);
    } else {
      numbers.add_none(is_in_both(tensor) ? kNotCompared : kNothing, cells);
    }
    table.row(std::move(cells));
  }
  out.line("");
  table.print(out, "  ");
}

}  // namespace

Values judge_values(const TensorDifference& difference) {
  if (!difference.numeric) return Values::not_compared;
  return difference.numeric->equal() ? Values::equal : Values::differ;
}

std::string_view name_of(Values values) {
  switch (values) {
    case Values::equal:
      return "equal";
    case Values::differ:
      return "differ";
    case Values::not_compared:
      break;
  }
  return "not_compared";
}

std::uint64_t count_values(const tasks::WeightDifference& difference, Values values) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(difference.tensors, [values](const TensorDifference& tensor) {
        return is_in_both(tensor) && judge_values(tensor) == values;
      }));
}

std::string values_note(const tasks::WeightDifference& difference) {
  const std::uint64_t equal = count_values(difference, Values::equal);
  const std::uint64_t not_compared = count_values(difference, Values::not_compared);
  if (equal + not_compared == 0) return {};
  std::string text;
  if (equal != 0) text = with_thousands(equal) + " with equal values";
  if (not_compared != 0) {
    text += (text.empty() ? "" : ", ") + with_thousands(not_compared) + " with values that were not compared";
  }
  return " (" + text + ")";
}

void print_values(const tasks::WeightDifference& difference, cli::TextOut& out) {
  if (difference.tensors.empty()) return;
  const NumberColumns numbers(std::ranges::any_of(difference.tensors, has_special));
  const std::vector<TypeDifference> types = tasks::by_type(difference);
  if (!types.empty()) print_types(types, numbers, out);
  print_tensors(difference.tensors, numbers, out);
}

void add_types(const tasks::WeightDifference& difference, cli::JsonOut& json) {
  constexpr bool kWithElement = true;
  const std::vector<TypeDifference> types = tasks::by_type(difference);
  json.objects_member("types", types, [&](const TypeDifference& type) {
    json.name_member("a", type.a);
    json.name_member("b", type.b);
    json.member("tensors", type.tensors);
    if (type.numeric) add_numeric(*type.numeric, json, !kWithElement);
  });
  const TypeDifference all = tasks::all_types(types);
  if (all.numeric) add_numeric(*all.numeric, json, !kWithElement);
}

}  // namespace aerotool::commands
