#include "model/tensor.hpp"

#include "core/text.hpp"

namespace aerotool {

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::string size_problem(const Tensor& tensor, const DType& dtype) {
  const ByteSize size = dtype.size_of(tensor.shape);
  if (size.bytes == tensor.size) return {};
  const std::string what = escape_controls(tensor.dtype.name()) + " " + to_string(tensor.shape) + " has ";
  if (!size.bytes) return what + "no size in bytes: " + size.problem;
  return what + "a size of " + std::to_string(*size.bytes) + " bytes, not " + std::to_string(tensor.size);
}

}  // namespace aerotool
