// Model Stock (Jang et al., 2024, arXiv 2403.19522): how far the mean of fine-tunes is followed depends on
// the angles between them.
#pragma once

#include <vector>

#include "transfer/transforms/merge/merged_values.hpp"

namespace aerotool::merging {

/// t * mean + (1 - t) * base, with t = n c / (1 + (n - 1) c) of n models, two at least, where c is the mean
/// cosine between the differences from the base of each two of them.
Values model_stock(const Values& base, const std::vector<Values>& models);

}  // namespace aerotool::merging
