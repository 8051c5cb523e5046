#include "model/source.hpp"

#include <algorithm>
#include <numeric>

namespace aerotool {

std::optional<std::vector<std::uint64_t>> order_unless_by_name(std::span<const Tensor> tensors) {
  if (std::ranges::is_sorted(tensors, {}, &Tensor::name)) return std::nullopt;
  std::vector<std::uint64_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  return order;
}

}  // namespace aerotool
