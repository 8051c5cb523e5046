#include "tasks/compare/weights.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tasks/compare/comparable_numbers.hpp"
#include "tasks/compare/pairs.hpp"
#include "tasks/compare/reading.hpp"

namespace aerotool::tasks {
namespace {

double share_of(const TensorDifference& difference) {
  if (difference.a == nullptr || difference.a->size == 0) return 0;
  return static_cast<double>(difference.bytes.changed) / static_cast<double>(difference.a->size);
}

const std::string& name_of(const TensorDifference& difference) {
  return difference.a != nullptr ? difference.a->name : difference.b->name;
}

/// `kinds_first`: also of what has numbers.
void sort_by_change(std::vector<TensorDifference>& tensors, bool kinds_first) {
  const auto change = [](const TensorDifference& difference) {
    return difference.numeric ? difference.numeric->gravity() : 0.0;
  };
  std::sort(tensors.begin(), tensors.end(), [&](const TensorDifference& x, const TensorDifference& y) {
    const bool both_have_numbers = x.numeric.has_value() && y.numeric.has_value();
    const bool one_has_numbers = x.numeric.has_value() != y.numeric.has_value();
    if (!kinds_first && one_has_numbers) return y.numeric.has_value();
    if (x.kind != y.kind && (kinds_first || !both_have_numbers)) return x.kind < y.kind;
    if (one_has_numbers) return y.numeric.has_value();
    const std::tuple more_x(change(x), share_of(x));
    const std::tuple more_y(change(y), share_of(y));
    return more_x != more_y ? more_x > more_y : name_of(x) < name_of(y);
  });
}

}  // namespace

std::uint64_t WeightDifference::count(TensorDifference::Kind kind) const {
  return static_cast<std::uint64_t>(
      std::count_if(tensors.begin(), tensors.end(),
                    [kind](const TensorDifference& difference) { return difference.kind == kind; }));
}

std::uint64_t WeightDifference::same() const {
  const auto differ =
      static_cast<std::uint64_t>(std::ranges::count_if(tensors, [](const TensorDifference& difference) {
        return difference.a != nullptr && difference.b != nullptr;
      }));
  return in_both - differ - not_compared;
}

WeightDifference compare_weights(const Model& a, const Model& b, const CompareOptions& options) {
  WeightDifference found;
  const auto cache = std::make_shared<quantized::PartCache>(2);
  const ComparedModel compared_a(a, options.dequantize, cache);
  const ComparedModel compared_b(b, options.dequantize, cache);
  found.decoded = {compared_a.kept(), compared_b.kept()};
  std::optional<ComparableNumbers> numbers;
  if (options.numeric || options.dequantize) numbers.emplace(compared_a, compared_b, options.dequantize);
  const std::vector<Pair> to_read = pair_up(compared_a, compared_b, options, numbers, found);
  if (!to_read.empty()) {
    Reading reading(compared_a, compared_b, to_read, numbers);
    reading.run(options);
    for (std::size_t i = 0; i < to_read.size(); ++i) {
      if (auto difference = reading.difference(i)) found.tensors.push_back(*difference);
    }
  }
  sort_by_change(found.tensors, !options.dequantize);
  return found;
}

}  // namespace aerotool::tasks
