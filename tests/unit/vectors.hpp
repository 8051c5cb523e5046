// The same loops with each kind of vectors that the processor has.
#pragma once

#include "core/vectorised.hpp"

namespace aerotool {

/// Calls `with` for each of them, the narrowest first, and leaves the choice as it was.
template <typename With>
void for_all_vectors(With with) {
  struct Restore {
    Vectors chosen = chosen_vectors();
    ~Restore() { chosen_vectors() = chosen; }
  };
  const Restore restore;
  for (const Vectors vectors : {Vectors::any, Vectors::avx2, Vectors::avx512}) {
    if (vectors > restore.chosen) continue;
    chosen_vectors() = vectors;
    with(vectors);
  }
}

}  // namespace aerotool
