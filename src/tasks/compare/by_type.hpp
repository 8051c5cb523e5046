// What the tensors that differ have in common by their types: "Q4_K -> F16".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/compare/weights.hpp"

namespace aerotool::tasks {

struct TypeDifference {
  std::string a;  ///< the dtype in both models
  std::string b;
  std::uint64_t tensors = 0;
  /// Of all elements of these tensors together; nothing where numbers were not compared. Its max_element has
  /// no meaning.
  std::optional<NumericDifference> numeric;
};

/// Of the tensors that are in both and differ: first those whose numbers were not compared, by type, then by
/// NumericDifference::gravity() of all of their elements together.
std::vector<TypeDifference> by_type(const WeightDifference& difference);

/// All types whose numbers were compared, together.
TypeDifference all_types(const std::vector<TypeDifference>& types);

}  // namespace aerotool::tasks
