// Merges of the differences of models from a base, of which parts may be left out: TIES (Yadav et al., 2023,
// arXiv 2306.01708), DARE (Yu et al., 2023, 2311.03099), Model Breadcrumbs (Davari and Belilovsky, 2023,
// 2312.06795).
#pragma once

#include <vector>

#include "transfer/transforms/merge/merged_values.hpp"
#include "transfer/transforms/merge/sparsifier.hpp"

namespace aerotool::merging {

struct Difference {
  Values values;  ///< of the model, not yet without the base
  double weight = 1;
  Sparsifying sparsifier;
};

/// How the differences at an element become one.
enum class Consensus {
  none,  ///< their weighted sum; normalized by the sum of all weights
  sign   ///< of those alone that have the sign of that sum (+ where it is 0); normalized by their weights
};

/// base + lambda * what they become. A sum of weights that is 0 counts as 1.
Values merge_differences(Values base, const std::vector<Difference>& models, Consensus consensus,
                         double lambda, bool normalize);

}  // namespace aerotool::merging
