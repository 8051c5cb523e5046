#include "cli/models.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <numeric>

#include "cli/terminal.hpp"

namespace aerotool::cli {
namespace {

/// The number of bytes to insert, remove or replace; at most `limit` + 1 is told apart.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
  }
  return row[b.size()];
}

}  // namespace

Option from_option() {
  Option option{
      "from", 0, Option::Argument::required, "FORMAT", "read as this format, whatever the content says", {}};
  for (const std::string_view name : format_names()) option.choices.emplace_back(name);
  return option;
}

Option follow_links_option() {
  return {"follow-links",
          0,
          Option::Argument::none,
          "",
          "follow links that lead out of a model's directory to a file",
          {}};
}

OpenOptions open_options(const Arguments& arguments) {
  OpenOptions options;
  options.from = arguments.get("from");
  options.follow_links = arguments.has("follow-links");
  if (!arguments.has("quiet")) options.note = [](const std::string& line) { complain("note: " + line); };
  return options;
}

std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path) {
  Report report;
  auto model = open_model(path, open_options(arguments), report);
  show_warnings(arguments, report);
  return model;
}

bool matches(const std::string& pattern, const std::string& name) {
  return pattern == name || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches(p, name); });
}

std::vector<std::string> nearest_names(const Model& model, const std::string& name) {
  constexpr std::size_t kMostNames = 3;
  // Names that differ in more than a third are no help.
  const std::size_t limit = std::max<std::size_t>(2, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const Tensor& tensor : model.tensors()) {
    const std::size_t worst = near.size() < kMostNames ? limit : near.back().first - 1;
    const std::size_t distance = edit_distance(name, tensor.name, worst);
    if (distance > worst) continue;
    near.emplace_back(distance, tensor.name);
    std::stable_sort(near.begin(), near.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (near.size() > kMostNames) near.pop_back();
    if (near.size() == kMostNames && near.back().first == 0) break;
  }
  std::vector<std::string> names;
  for (auto& [distance, found] : near) names.push_back(std::move(found));
  return names;
}

}  // namespace aerotool::cli
