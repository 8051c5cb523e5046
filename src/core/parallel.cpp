#include "core/parallel.hpp"

#include <algorithm>
#include <condition_variable>
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

namespace {

/// What goes on in for_each_in_order().
class Turns {
 public:
  Turns(std::size_t count, const std::function<std::function<void()>(std::size_t)>& work)
      : count_(count), work_(work) {}

  void take_turns() noexcept {
    try {
      for (std::size_t number = next_.fetch_add(1); number < count_ && !stopped_.load();
           number = next_.fetch_add(1)) {
        const std::function<void()> result = work_(number);
        std::unique_lock lock(mutex_);
        turn_changed_.wait(lock, [&] { return turn_ == number || stopped_.load(); });
        if (stopped_.load()) return;
        lock.unlock();
        result();
        lock.lock();
        turn_ = number + 1;
        turn_changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped_.store(true);
      turn_changed_.notify_all();
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::size_t count_;
  const std::function<std::function<void()>(std::size_t)>& work_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  std::size_t turn_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void for_each_in_order(std::size_t count, unsigned jobs,
                       const std::function<std::function<void()>(std::size_t number)>& work) {
  Turns turns(count, work);
  Threads threads;
  const std::size_t workers = std::min<std::size_t>(jobs, count);
  if (workers > 1) threads.start(workers - 1, [&] { turns.take_turns(); });
  turns.take_turns();
  threads.join();
  turns.rethrow();
}

JobSplit split_jobs(unsigned jobs, std::size_t works) {
  const auto side_by_side = static_cast<unsigned>(std::clamp<std::size_t>(works, 1, jobs));
  return {side_by_side, jobs / side_by_side};
}

}  // namespace aerotool
