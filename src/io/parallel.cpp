#include "io/parallel.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace aerotool::io {

void for_each_parallel(
    std::size_t count, unsigned jobs,
    const std::function<void(std::size_t number, const std::atomic<bool>& stopped)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed = count;
  const auto take_turns = [&] {
    for (std::size_t number = next.fetch_add(1); number < count && !stopped.load();
         number = next.fetch_add(1)) {
      try {
        work(number, stopped);
      } catch (const Stopped&) {
        return;
      } catch (...) {
        const std::lock_guard lock(mutex);
        // All lower numbers have been taken by now.
        if (number < failed) {
          failure = std::current_exception();
          failed = number;
        }
        stopped.store(true);
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min<std::size_t>(jobs, count); ++i) {
    try {
      threads.emplace_back(take_turns);
    } catch (const std::system_error&) {
      break;  // as many as the system gives
    }
  }
  take_turns();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

JobSplit split_jobs(unsigned jobs, std::size_t works) {
  const auto side_by_side = static_cast<unsigned>(std::clamp<std::size_t>(works, 1, jobs));
  return {side_by_side, jobs / side_by_side};
}

}  // namespace aerotool::io
