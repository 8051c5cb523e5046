#include "commands/diff/cells.hpp"

#include <array>
#include <cstdio>

#include "core/text.hpp"

namespace aerotool::commands {

using Kind = tasks::TensorDifference::Kind;

std::string in_both(const std::string& a, const std::string& b) {
  return a == b ? a : a + " -> " + b;
}

const Tensor& any_side(const tasks::TensorDifference& difference) {
  return difference.a != nullptr ? *difference.a : *difference.b;
}

std::string dtypes_text(const tasks::TensorDifference& difference) {
  return sides_text(difference, [](const Tensor& side) { return escape_controls(side.dtype.name()); });
}

std::string shapes_text(const tasks::TensorDifference& difference) {
  return sides_text(difference, [](const Tensor& side) { return to_string(side.shape); });
}

std::string change_text(const tasks::TensorDifference& difference) {
  switch (difference.kind) {
    case Kind::only_in_a:
      return "only in A";
    case Kind::only_in_b:
      return "only in B";
    case Kind::bytes:
      return "bytes";
    case Kind::hash:
      return "hash";
    case Kind::form:
      break;
  }
  const bool dtype = !(difference.a->dtype == difference.b->dtype);
  const bool shape = difference.a->shape != difference.b->shape;
  if (dtype && shape) return "dtype, shape";
  if (dtype) return "dtype";
  if (shape) return "shape";
  return difference.in_parts ? "parts" : "size";
}

std::string number_text(std::optional<double> number) {
  if (!number) return kNothing;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", *number);
  return text.data();
}

std::string max_text(const tasks::NumericDifference& numeric) {
  if (numeric.pairs == 0) return kNothing;
  if (numeric.max == 0) return "0";
  return number_text(numeric.max) + " at " + std::to_string(numeric.max_element);
}

void add_special_counts(const tasks::NumericDifference& numeric, std::vector<std::string>& cells) {
  const auto counts = [](std::uint64_t a, std::uint64_t b) {
    return in_both(std::to_string(a), std::to_string(b));
  };
  cells.push_back(counts(numeric.nan_a, numeric.nan_b));
  cells.push_back(counts(numeric.inf_a, numeric.inf_b));
  cells.push_back(std::to_string(numeric.unlike));
}

}  // namespace aerotool::commands
