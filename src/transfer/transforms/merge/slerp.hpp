// Merges of two models along the arc between them, each tensor seen as one vector.
#pragma once

#include "transfer/transforms/merge/merged_values.hpp"

namespace aerotool::merging {

/// From `base` (t = 0) to `other` (t = 1). Along the line where the angle is so small, or so flat, that the
/// cosine's magnitude is over 0.9995: so it is between most models that were made of one. The factors are
/// rounded to F32, so that the sines of every system's library give the same.
Values slerp(Values base, Values other, double t);

/// The same without that threshold; of the differences from a base where there is one, which are added to
/// it.
Values nuslerp(Values first, Values second, Values base, double t);

}  // namespace aerotool::merging
