// The hash of a whole input.
#pragma once

#include "hash/digest.hpp"
#include "io/input.hpp"
#include "io/progress.hpp"

namespace aerotool::io {

/// Its SHA-256, read with `jobs` threads. Throws what reading throws.
Digest sha256_of(const Input& input, unsigned jobs, Progress* progress);

}  // namespace aerotool::io
