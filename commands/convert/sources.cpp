#include "commands/convert/sources.hpp"

#include <algorithm>
#include <utility>

#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/input_sets.hpp"
#include "commands/convert/name_of_input.hpp"
#include "commands/convert/other_metadata.hpp"
#include "commands/convert/side_files.hpp"
#include "commands/convert/write_options.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/patterns.hpp"

namespace aerotool::commands {
namespace {

/// Patterns, and which of them have matched a name.
class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& texts)
      : patterns_(tasks::patterns(texts)), used_(patterns_.size()) {}

  bool empty() const { return patterns_.empty(); }
  bool matches(const std::string& name) {
    bool any = false;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if ((any && used_[i]) || !patterns_[i].matches(name)) continue;
      any = used_[i] = true;
    }
    return any;
  }
  std::vector<tasks::Pattern> unused() const {
    std::vector<tasks::Pattern> unused;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (!used_[i]) unused.push_back(patterns_[i]);
    }
    return unused;
  }

 private:
  std::vector<tasks::Pattern> patterns_;
  std::vector<bool> used_;
};

void select_tensors(const cli::Arguments& arguments, Sources& sources) {
  Patterns include(arguments.all("include"));
  Patterns exclude(arguments.all("exclude"));
  auto& tensors = sources.plan.tensors;
  bool any = false;
  for (const auto& model : sources.models) {
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const std::string& name = model->tensors()[i].name;
      any = true;
      const bool excluded = exclude.matches(name);
      const bool included = include.empty() || include.matches(name);
      if (included && !excluded) tensors.push_back({model.get(), i});
    }
  }
  const auto unmatched = [&](const char* option, const tasks::Pattern& pattern) {
    return std::string(option) + ": " + tasks::no_match(sources.plan.models, {pattern});
  };
  for (const tasks::Pattern& pattern : include.unused()) throw UsageError(unmatched("--include", pattern));
  if (!arguments.has("quiet")) {
    for (const tasks::Pattern& pattern : exclude.unused())
      cli::complain("warning: " + unmatched("--exclude", pattern));
  }
  if (any && tensors.empty()) throw UsageError("--include and --exclude leave no tensor");
  std::sort(tensors.begin(), tensors.end(),
            [](const PlannedTensor& a, const PlannedTensor& b) { return a.tensor().name < b.tensor().name; });
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i - 1].tensor().name != tensors[i].tensor().name) continue;
    throw UsageError(describe({{}, {}, tensors[i].tensor().name},
                              "is in both " + escape_controls(tensors[i - 1].model->path()) + " and " +
                                  escape_controls(tensors[i].model->path())));
  }
  sources.plan.edits.selected = !include.empty() || !exclude.empty();
}

}  // namespace

Sources open_sources(const cli::Arguments& arguments) {
  Sources sources;
  const auto& operands = arguments.operands();
  if (std::count(operands.begin(), operands.end() - 1, "-") > 1)
    throw UsageError("'-' may be given only once");
  const NamedParts parts({operands.begin(), operands.end() - 1});
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    // A duplicate that is planned is refused, and another one does not matter.
    std::vector<Code> untold = {Code::duplicate};
    if (parts.whole(operands[i])) untold.push_back(Code::part_alone);
    sources.models.push_back(
        tasks::open(operands[i], cli::read_options(arguments), cli::listener(arguments), untold));
    sources.plan.models.push_back(sources.models.back().get());
  }
  sources.plan.name_of_input = name_of_input(operands.front());
  select_tensors(arguments, sources);
  require_copyable(sources.plan);
  plan_side_files(arguments, sources);
  apply_write_options(arguments, sources.plan);
  const std::string lost = metadata_not_kept(sources.plan.models);
  if (!lost.empty() && !arguments.has("quiet")) cli::complain("warning: " + lost);
  return sources;
}

}  // namespace aerotool::commands
