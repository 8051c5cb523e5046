#include "tasks/merge/unmatched.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace aerotool::tasks {

void warn_of_unmatched_parameters(const Recipe& recipe, const MergeRequest& request,
                                  const std::vector<PlannedTensor>& tensors, const Listener& listener) {
  // Models often share a pattern.
  std::set<std::pair<std::string, std::string>> known;
  const auto look = [&](const Parameters& parameters) {
    for (const auto& [name, parameter] : parameters) {
      for (const Parameter::Rule& rule : parameter.rules()) {
        if (rule.text().empty() || !known.emplace(name, rule.text()).second) continue;
        const auto matches = [&](const PlannedTensor& planned) {
          return rule.matches(planned.tensor().name);
        };
        if (std::ranges::any_of(tensors, matches)) continue;
        const std::string option =
            request.config ? escape_controls(*request.config) + ": " + name : "--" + name;
        listener.warn(option + ": no tensor matches " + shown(rule.text()));
      }
    }
  };
  look(recipe.parameters);
  for (const Slice& slice : recipe.slices) {
    look(slice.parameters);
    for (const SliceSource& source : slice.sources) look(source.parameters);
  }
}

}  // namespace aerotool::tasks
