#include "tasks/compare/compare.hpp"

#include <map>
#include <string_view>

namespace aerotool::tasks {
namespace {

std::vector<ObjectDifference> compare_objects(std::span<const Object> a, std::span<const Object> b) {
  std::map<std::string_view, ObjectDifference> both;
  for (const Object& object : a) both[object.name].a = &object;
  for (const Object& object : b) both[object.name].b = &object;
  std::vector<ObjectDifference> found;
  for (const auto& [name, pair] : both) {
    if (pair.a == nullptr || pair.b == nullptr || !same_meaning(*pair.a, *pair.b)) found.push_back(pair);
  }
  return found;
}

}  // namespace

ModelDifference compare_models(const Model& a, const Model& b, CompareOptions options,
                               const Listener& listener) {
  ModelDifference difference;
  difference.metadata = compare_metadata(self_description(a), self_description(b));
  difference.objects = compare_objects(a.objects(), b.objects());
  listener.follow({}, [&](io::Progress* progress) {
    options.progress = progress;
    difference.weights = compare_weights(a, b, options);
  });
  a.require_unchanged();
  b.require_unchanged();
  return difference;
}

}  // namespace aerotool::tasks
