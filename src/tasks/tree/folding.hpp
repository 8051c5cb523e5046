// Siblings that are the same but for a number or a word in their names, as one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tasks/tree/modules.hpp"

namespace aerotool::tasks {

/// One node, or several of one kind.
struct Fold {
  std::vector<std::size_t> members;  ///< among the siblings, in their order
  std::string name;                  ///< "{0..21}", "{gate,up}_proj"; of a single node its label
  std::vector<std::string> folded;   ///< what the braces stand for; empty for a single node
};

/// Each node is in one of the folds, which are in the order of their first members. Words without a number
/// fold where they share a beginning or an end, "_proj"; `whole` says that they may also where they share
/// nothing, if they are all there is.
std::vector<Fold> folded_siblings(std::span<const ModuleNode> siblings, bool whole);

}  // namespace aerotool::tasks
