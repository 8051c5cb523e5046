#include "tasks/compare/compare.hpp"

namespace aerotool::tasks {

ModelDifference compare_models(const Model& a, const Model& b, CompareOptions options,
                               const Listener& listener) {
  ModelDifference difference;
  difference.metadata = compare_metadata(self_description(a), self_description(b));
  listener.follow({}, [&](io::Progress* progress) {
    options.progress = progress;
    difference.weights = compare_weights(a, b, options);
  });
  a.require_unchanged();
  b.require_unchanged();
  return difference;
}

}  // namespace aerotool::tasks
