#include "commands/list/stats.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "commands/list/bars.hpp"
#include "core/text.hpp"

namespace aerotool::commands {
namespace {

using tasks::NumberSummary;
using tasks::Octaves;

constexpr const char* kNothing = "-";

struct Extremes {
  std::optional<Value> min;
  std::optional<Value> max;
};

Extremes extremes(const Tensor& tensor, const NumberSummary& numbers) {
  if (numbers.moments.count == 0) return {};
  return {tasks::exact_extreme(tensor.dtype, numbers.min), tasks::exact_extreme(tensor.dtype, numbers.max)};
}

std::optional<Value> value_of(std::optional<double> number) {
  return number ? std::optional(Value::f64(*number)) : std::nullopt;
}

std::optional<double> share_of_zeros(const NumberSummary& numbers) {
  if (numbers.count() == 0) return std::nullopt;
  return static_cast<double>(numbers.zeros) / static_cast<double>(numbers.count());
}

// ---- text

/// Integers as they are, and of others four figures.
std::string short_text(const std::optional<Value>& number, const char* behind = "") {
  if (!number) return kNothing;
  if (number->is_integer()) return cli::scalar_text(*number) + behind;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", number->as_double());
  return text.data() + std::string(behind);
}

std::string exact_text(const std::optional<Value>& number) {
  return number ? cli::scalar_text(*number) : kNothing;
}

std::vector<std::string> name_cells(const Tensor& tensor) {
  return {escape_controls(tensor.name), escape_controls(tensor.dtype.name())};
}

std::string exact_line(const tasks::Statistics& statistics, std::size_t place) {
  const Tensor& tensor = statistics.tensor(place);
  std::vector<std::string> cells = name_cells(tensor);
  if (const NumberSummary* const numbers = statistics.of(place)) {
    const auto [min, max] = extremes(tensor, *numbers);
    for (const auto& number : {min, max, value_of(numbers->mean()), value_of(numbers->deviation()),
                               value_of(share_of_zeros(*numbers))})
      cells.push_back(exact_text(number));
    cells.push_back(std::to_string(numbers->nan));
    cells.push_back(std::to_string(numbers->infinite));
  } else {
    cells.insert(cells.end(), 7, kNothing);
  }
  std::string line;
  for (const std::string& cell : cells) line += (line.empty() ? "" : "\t") + cell;
  return line;
}

std::vector<std::string> row_of(const tasks::Statistics& statistics, std::size_t place, BarStyle style) {
  const Tensor& tensor = statistics.tensor(place);
  std::vector<std::string> cells = name_cells(tensor);
  const NumberSummary* const numbers = statistics.of(place);
  if (numbers == nullptr) {
    cells.insert(cells.end(), 7, kNothing);
    cells.push_back("(" + tasks::why_no_statistics(tensor) + ")");
    return cells;
  }
  const auto [min, max] = extremes(tensor, *numbers);
  for (const auto& number : {min, max, value_of(numbers->mean()), value_of(numbers->deviation())})
    cells.push_back(short_text(number));
  constexpr double kPercent = 100;
  const auto share = share_of_zeros(*numbers);
  cells.push_back(short_text(share ? value_of(*share * kPercent) : std::nullopt, " %"));
  cells.push_back(std::to_string(numbers->nan));
  cells.push_back(std::to_string(numbers->infinite));
  cells.push_back(bars_text(numbers->octaves.bars(), style));
  return cells;
}

void print_table(const tasks::Statistics& statistics, cli::TextOut& out) {
  using enum cli::Table::Align;
  cli::Table table({left, left, right, right, right, right, right, right, right, left});
  table.row({"name", "dtype", "min", "max", "mean", "std", "zeros", "NaN", "Inf", "-      0      +"});
  const BarStyle style = bar_style();
  for (std::size_t place = 0; place < statistics.tensors().size(); ++place)
    table.row(row_of(statistics, place, style));
  table.print(out);
}

// ---- JSON

void value_member(std::string_view name, const std::optional<Value>& number, cli::JsonOut& json) {
  json.key(name);
  if (number) {
    json.value(*number);
  } else {
    json.null();
  }
}

void add_histogram(const NumberSummary& numbers, cli::JsonOut& json) {
  json.key("histogram");
  if (numbers.moments.count == 0) return json.null();
  const Octaves::Histogram histogram = numbers.octaves.histogram();
  json.begin_object();
  json.array_member("edges", histogram.edges, [&](double edge) { json.value(Value::f64(edge)); });
  json.array_member("counts", histogram.counts, [&](std::uint64_t count) { json.number(count); });
  json.end_object();
}

}  // namespace

void print_stats(const tasks::Statistics& statistics, cli::TextOut& out) {
  if (cli::stdout_is_terminal()) return print_table(statistics, out);
  for (std::size_t place = 0; place < statistics.tensors().size() && !out.closed(); ++place)
    out.line(exact_line(statistics, place));
}

void add_stats(const tasks::Statistics& statistics, std::size_t place, cli::JsonOut& json) {
  const Tensor& tensor = statistics.tensor(place);
  const NumberSummary* const numbers = statistics.of(place);
  json.key("stats");
  if (numbers == nullptr) {
    json.null();
    json.member("no_stats", tasks::why_no_statistics(tensor));
    return;
  }
  const auto [min, max] = extremes(tensor, *numbers);
  json.begin_object();
  json.member("elements", numbers->count());
  value_member("min", min, json);
  value_member("max", max, json);
  value_member("mean", value_of(numbers->mean()), json);
  value_member("std", value_of(numbers->deviation()), json);
  json.member("zeros", numbers->zeros);
  json.member("nan", numbers->nan);
  json.member("inf", numbers->infinite);
  add_histogram(*numbers, json);
  json.end_object();
}

}  // namespace aerotool::commands
