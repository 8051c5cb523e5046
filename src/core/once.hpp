// What is done once, by the first thread that needs it.
#pragma once

#include <atomic>
#include <mutex>

namespace aerotool {

/// std::call_once without its flaw: where the work throws, glibc unwinds through C, for which it loads a
/// library, and ends the process if that fails.
class Once {
 public:
  /// Returns when `work` has been done, here or by another thread. What it throws goes to the one who called
  /// it, and the next one does it again.
  template <typename Work>
  void run(Work work) {
    if (done_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    if (done_.load(std::memory_order_relaxed)) return;
    work();
    done_.store(true, std::memory_order_release);
  }

 private:
  std::atomic<bool> done_{false};
  std::mutex mutex_;
};

}  // namespace aerotool
