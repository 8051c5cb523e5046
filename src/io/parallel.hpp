// Independent works side by side.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace aerotool::io {

/// Calls `work` for each number below `count`, from up to `jobs` threads; `stopped` becomes true when one of
/// the calls throws, for the others to look at. Throws what the first of them threw.
void for_each_parallel(std::size_t count, unsigned jobs,
                       const std::function<void(std::size_t number, const std::atomic<bool>& stopped)>& work);

}  // namespace aerotool::io
