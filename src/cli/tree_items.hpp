// The tensors and objects of a model as what trees and groups are made of.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/model.hpp"
#include "tasks/tree/item.hpp"

namespace aerotool::cli {

/// How objects of several tensors count.
enum class Objects { whole, in_parts };

/// The chosen tensors, in their order, with parameters as `inspect` counts them. An object stands in the
/// place of its first part; in parts, its parameters are those of the first one. The model outlives the
/// result.
std::vector<tasks::TreeItem> tree_items(const Model& model, std::span<const std::size_t> chosen,
                                        Objects objects);

}  // namespace aerotool::cli
