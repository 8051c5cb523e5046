#include "cli/models.hpp"

#include "cli/nearest.hpp"
#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "io/spool.hpp"

namespace aerotool::cli {
Option from_option() {
  Option option{"from", 0, Option::Argument::required, "FORMAT", "read as this format, whatever the content",
                {}};
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

std::unique_ptr<Model> open_with_bar(const Arguments& arguments, const std::string& path, Report& report) {
  ProgressBar bar(arguments, "reading " + (path == "-" ? std::string(io::kStandardInput) : path));
  OpenOptions options = open_options(arguments);
  options.progress = bar.progress();
  return open_model(path, options, report);
}

std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path,
                            const std::vector<Code>& but) {
  Report report;
  auto model = open_with_bar(arguments, path, report);
  show_warnings(arguments, report, but);
  return model;
}

void warn_of_unmatched(const Arguments& arguments, const Model& model, const std::vector<Pattern>& patterns) {
  if (arguments.has("quiet")) return;
  for (const Pattern& pattern : patterns)
    complain("warning: " + describe({model.path(), {}, {}}, no_match({&model}, {pattern})));
}

std::vector<std::string> nearest_names(const Model& model, const std::string& name) {
  constexpr std::size_t kMaxNames = 3;
  Nearest nearest(name, kMaxNames);
  for (const Tensor& tensor : model.tensors()) nearest.offer(tensor.name);
  return nearest.found();
}

}  // namespace aerotool::cli
