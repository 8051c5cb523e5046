#include "formats/npy/array.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::npy {
namespace {

/// Whether the order of dimensions makes a difference: more than one has several steps.
bool has_order(const Shape& shape) {
  return std::ranges::count_if(shape, [](std::uint64_t dimension) { return dimension != 1; }) > 1 &&
         std::ranges::find(shape, std::uint64_t{0}) == shape.end();
}

}  // namespace

Array read_array(std::uint64_t size, const Look& look, Types& types) {
  Head head = read_head(size, look);
  const ArrayType type = types.of(head.descr);
  Array array;
  array.tensor.dtype = type.dtype;
  array.tensor.shape = std::move(head.shape);
  array.tensor.offset = head.data;
  const ByteSize bytes = type.dtype.size_of(array.tensor.shape);
  if (!bytes.bytes) throw HeadProblem(bytes.problem, Code::shape);
  array.tensor.size = *bytes.bytes;
  array.storing = {type.width, type.swapped, head.is_fortran && has_order(array.tensor.shape)};
  return array;
}

GatheredElements elements_of(const Tensor& tensor, const Storing& storing) {
  GatheredElements elements;
  elements.width = storing.width;
  elements.swapped = storing.swapped;
  elements.view.shape = tensor.shape;
  // Of a size that fits: so do these.
  std::int64_t step = 1;
  elements.view.strides.resize(tensor.shape.size());
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::size_t dimension = storing.is_fortran ? i : tensor.shape.size() - 1 - i;
    elements.view.strides[dimension] = step;
    step *= static_cast<std::int64_t>(std::max<std::uint64_t>(tensor.shape[dimension], 1));
  }
  return elements;
}

}  // namespace aerotool::npy
