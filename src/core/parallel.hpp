// Independent works side by side.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace aerotool {

/// What a call throws that gave up because `stopped` is true.
struct Stopped {};

/// Threads that are waited for wherever their owner ends.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { join(); }

  /// Runs `work`, which does not throw, in up to `count` threads: as many as the system gives.
  void start(std::size_t count, const std::function<void()>& work);
  void join();

 private:
  std::vector<std::thread> threads_;
};

/// Calls `work` for each number below `count`, from up to `jobs` threads; `stopped` becomes true when one of
/// the calls throws, for the others to look at. Throws what the lowest number threw, so that it depends on no
/// thread's speed which one that is, where calls do not look at `stopped`.
void for_each_parallel(std::size_t count, unsigned jobs,
                       const std::function<void(std::size_t number, const std::atomic<bool>& stopped)>& work);

/// Calls `work` for each number below `count`, from up to `jobs` threads, and what it returns in the order of
/// the numbers, one at a time: no more than one result a thread waits for its turn. Throws what the first
/// that failed threw.
void for_each_in_order(std::size_t count, unsigned jobs,
                       const std::function<std::function<void()>(std::size_t number)>& work);

/// Jobs, at least one, divided between works that go on side by side and what goes on within each.
struct JobSplit {
  unsigned side_by_side = 1;
  unsigned within = 1;
};
JobSplit split_jobs(unsigned jobs, std::size_t works);

}  // namespace aerotool
