#include "formats/aero/rules/tensors.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/text.hpp"

namespace aerotool::aero {

void check_tensor_names(const std::vector<Tensor>& tensors, const std::string& path, Report& report) {
  // As they are written: in the order of their names.
  const auto not_before = [](const Tensor& a, const Tensor& b) { return a.name >= b.name; };
  if (std::adjacent_find(tensors.begin(), tensors.end(), not_before) == tensors.end()) return;
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tensors[a].name < tensors[b].name; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (tensors[order[i - 1]].name == tensors[order[i]].name) {
      if (report.full()) break;
      report.unreadable(Code::duplicate, {path, {}, tensors[order[i]].name},
                        "the name is duplicated in TIDX");
    }
  }
}

std::vector<std::uint32_t> order_by_place(const std::vector<Tensor>& tensors) {
  std::vector<std::uint32_t> by_place(tensors.size());
  std::iota(by_place.begin(), by_place.end(), 0);
  const auto before_in_file = [](const Tensor& a, const Tensor& b) {
    return std::tuple(a.shard, a.offset, a.size) < std::tuple(b.shard, b.offset, b.size);
  };
  if (!std::is_sorted(tensors.begin(), tensors.end(), before_in_file)) {
    std::sort(by_place.begin(), by_place.end(),
              [&](auto a, auto b) { return before_in_file(tensors[a], tensors[b]); });
  }
  return by_place;
}

void check_tensor_overlaps(const std::vector<Tensor>& tensors, const std::vector<std::uint32_t>& by_place,
                           const std::string& path, Report& report) {
  const Tensor* before = nullptr;
  for (const std::uint32_t i : by_place) {
    const Tensor& tensor = tensors[i];
    if (tensor.size == 0) continue;
    if (before != nullptr && before->shard == tensor.shard && tensor.offset < before->offset + before->size) {
      report.unreadable(Code::overlap, {path, {}, tensor.name},
                        "overlaps tensor '" + escape_controls(before->name) +
                            "' in the file: it begins at byte " + std::to_string(tensor.offset) +
                            ", the other ends at " + std::to_string(before->offset + before->size));
    }
    before = &tensor;
  }
}

}  // namespace aerotool::aero
