// The tensors of a merge as they are written: copied, or rounded to a dtype.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "codecs/floats/float_kind.hpp"
#include "tasks/convert/computed.hpp"
#include "tasks/convert/dtype_choice.hpp"
#include "tasks/listener.hpp"
#include "tasks/merge/merge_input.hpp"
#include "tasks/merge/recipe.hpp"
#include "tasks/merge/request.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

struct MergeTask {
  const Recipe& recipe;
  const std::vector<MergeInput>& inputs;  ///< of the recipe's models; they outlive what is planned
  const MergeRequest& request;            ///< its dtypes, and what is done about missing tensors
  const Listener& listener;
};

/// A tensor of one of the models.
struct Found {
  std::size_t model = 0;
  std::size_t tensor = 0;
};

/// What a type is written as: itself, or BF16 where it cannot be.
FloatKind written_kind(const DType& dtype);

class OutputTensors {
 public:
  /// Those whose values are rounded are noted in `computed`. Both outlive this.
  OutputTensors(const MergeTask& task, std::vector<ComputedTensor>& computed);

  const Tensor& tensor(const Found& found) const { return task_.inputs[found.model].tensor(found.tensor); }
  /// The type that a tensor is asked to have; nothing where it keeps its own. Throws RequestError.
  std::optional<FloatKind> asked_kind(const std::string& name);
  /// Numbers that are rounded to a type, in the place of a tensor of that shape.
  PlannedTensor rounded(const std::string& name, merging::Values values, FloatKind kind, const Found& place);
  /// A tensor under this name: its bytes, or its values where another type is asked for, or it is decoded.
  PlannedTensor copy(const std::string& name, const Found& found);

  /// All that are planned, by name. Warns of dtypes that are asked for in vain.
  std::vector<PlannedTensor> in_order(std::vector<PlannedTensor> planned) const;

 private:
  const MergeTask& task_;
  DTypeChoices choices_;
  std::vector<ComputedTensor>& computed_;
};

}  // namespace aerotool::tasks
