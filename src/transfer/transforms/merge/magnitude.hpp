// Differences ranked by their magnitudes: TIES keeps the largest, Model Breadcrumbs those in between.
#pragma once

#include <cstdint>

#include "transfer/transforms/merge/merged_values.hpp"
#include "transfer/transforms/merge/sparsifier.hpp"

namespace aerotool::merging {

// Magnitudes are compared as F32. Of equal ones that a ranking divides, it takes those with the lowest
// indexes: their order depends on no sort.

/// Keeps the `density` of the elements that are the largest, at least one; all from 1 on, and none at 0 and
/// below. Null where it keeps all.
Sparsifying keep_largest(Values model, Values base, double density);

/// Leaves out the `gamma` that are the largest, and so many of the smallest that `density` is left; fewer of
/// the largest where no more are to go. They are ranked from the smallest on. Null where it keeps all.
Sparsifying keep_between(Values model, Values base, double density, double gamma);

}  // namespace aerotool::merging
