#include "core/parallel.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>

namespace aerotool {

void Threads::start(std::size_t count, const std::function<void()>& work) {
  try {
    threads_.reserve(count);
    while (threads_.size() < count) threads_.emplace_back(work);
  } catch (const std::system_error&) {
    // The caller works as well.
  } catch (const std::bad_alloc&) {
    // Likewise.
  }
}

void Threads::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

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
  Threads threads;
  const std::size_t workers = std::min<std::size_t>(jobs, count);
  if (workers > 1) threads.start(workers - 1, take_turns);
  take_turns();
  threads.join();
  if (failure) std::rethrow_exception(failure);
}

JobSplit split_jobs(unsigned jobs, std::size_t works) {
  const auto side_by_side = static_cast<unsigned>(std::clamp<std::size_t>(works, 1, jobs));
  return {side_by_side, jobs / side_by_side};
}

}  // namespace aerotool
