#include "tasks/convert/side_files.hpp"

#include "core/text.hpp"

namespace aerotool::tasks {

void plan_side_files(const ConvertRequest& request, const Listener& listener, Sources& sources) {
  const auto warn = [&](const std::string& line) { listener.warn("not kept: " + line); };
  std::vector<std::string> of_others;
  for (std::size_t i = 0; i < sources.models.size(); ++i) {
    const Model& model = *sources.models[i];
    SideFiles found = model.side_files(request.target.path);
    if (i == 0) {
      for (const std::string& line : found.left_out) warn(escape_controls(model.path()) + ": " + line);
      require_sound(found.files, {}, model.path());
      sources.plan.side_files = std::move(found.files);
      continue;
    }
    for (const std::string& path : paths_that_differ(found.files, sources.plan.side_files))
      of_others.push_back(request.inputs[i] + ": " + path);
  }
  if (!of_others.empty()) {
    warn("side files of other inputs, which differ from the first input's: " +
         listed(of_others, kMaxListedSideFiles));
  }
}

}  // namespace aerotool::tasks
