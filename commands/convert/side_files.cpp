#include "commands/convert/side_files.hpp"

#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace aerotool::commands {

void plan_side_files(const cli::Arguments& arguments, Sources& sources) {
  if (arguments.has("no-side-files")) return;
  const auto warn = [&](const std::string& line) {
    if (!arguments.has("quiet")) cli::complain("warning: not kept: " + line);
  };
  const std::string& output = arguments.operands().back();
  std::vector<std::string> of_others;
  for (std::size_t i = 0; i < sources.models.size(); ++i) {
    const Model& model = *sources.models[i];
    SideFiles found = model.side_files(output);
    if (i == 0) {
      for (const std::string& line : found.left_out) warn(escape_controls(model.path()) + ": " + line);
      require_sound(found.files, {}, model.path());
      sources.plan.side_files = std::move(found.files);
      continue;
    }
    for (const std::string& path : paths_that_differ(found.files, sources.plan.side_files))
      of_others.push_back(arguments.operands()[i] + ": " + path);
  }
  if (!of_others.empty()) {
    warn("side files of other inputs, which differ from the first input's: " +
         listed(of_others, kMaxListedSideFiles));
  }
}

}  // namespace aerotool::commands
