#include "transfer/transforms/merge/first_pass.hpp"

#include "io/interrupt.hpp"

namespace aerotool::merging {

void FirstPass::run(const std::function<void(std::uint64_t block)>& work) {
  if (done_.load(std::memory_order_acquire)) return;
  std::unique_lock lock(mutex_);
  while (next_ < blocks_ && !failure_) {
    const std::uint64_t block = next_++;
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      io::check_interrupt();
      work(block);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    --running_;
    if (failure && !failure_) failure_ = failure;
  }
  changed_.notify_all();
  changed_.wait(lock, [&] { return running_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
  done_.store(true, std::memory_order_release);
}

}  // namespace aerotool::merging
