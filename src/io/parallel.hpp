// Independent works side by side.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace aerotool::io {

/// What a call throws that gave up because `stopped` is true.
struct Stopped {};

/// Calls `work` for each number below `count`, from up to `jobs` threads; `stopped` becomes true when one of
/// the calls throws, for the others to look at. Throws what the lowest number threw, so that it depends on no
/// thread's speed which one that is, where calls do not look at `stopped`.
void for_each_parallel(std::size_t count, unsigned jobs,
                       const std::function<void(std::size_t number, const std::atomic<bool>& stopped)>& work);

/// Jobs, at least one, divided between works that go on side by side and what goes on within each.
struct JobSplit {
  unsigned side_by_side = 1;
  unsigned within = 1;
};
JobSplit split_jobs(unsigned jobs, std::size_t works);

}  // namespace aerotool::io
