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

/// Jobs, at least one, divided between works that go on side by side and what goes on within each.
struct JobSplit {
  unsigned side_by_side = 1;
  unsigned within = 1;
};
JobSplit split_jobs(unsigned jobs, std::size_t works);

}  // namespace aerotool::io
