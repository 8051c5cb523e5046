#include "commands/convert/sources.hpp"

#include <algorithm>

#include "cli/models.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/side_files.hpp"
#include "commands/convert/write_options.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::commands {
namespace {

void select_tensors(const cli::Arguments& arguments, Sources& sources) {
  const auto include = arguments.all("include");
  const auto exclude = arguments.all("exclude");
  auto& tensors = sources.plan.tensors;
  bool any = false;
  for (const auto& model : sources.models) {
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const std::string& name = model->tensors()[i].name;
      any = true;
      if (!include.empty() && !cli::matches_any(include, name)) continue;
      if (cli::matches_any(exclude, name)) continue;
      tensors.push_back({model.get(), i});
    }
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
  sources.plan.whole = sources.models.size() == 1 && include.empty() && exclude.empty() &&
                       !arguments.has("name") && !arguments.has("architecture") && !arguments.has("align");
}

}  // namespace

Sources open_sources(const cli::Arguments& arguments) {
  Sources sources;
  const auto& operands = arguments.operands();
  if (std::count(operands.begin(), operands.end() - 1, "-") > 1)
    throw UsageError("standard input can be read once");
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    sources.models.push_back(cli::open(arguments, operands[i]));
    sources.plan.models.push_back(sources.models.back().get());
    const bool lost = i != 0 && !sources.models.back()->metadata().entries.empty();
    if (lost && !arguments.has("quiet")) {
      cli::complain("warning: " +
                    describe({operands[i], {}, {}}, "its metadata is not kept, the first input's is"));
    }
  }
  select_tensors(arguments, sources);
  plan_side_files(arguments, sources);
  apply_write_options(arguments, sources.plan);
  return sources;
}

}  // namespace aerotool::commands
