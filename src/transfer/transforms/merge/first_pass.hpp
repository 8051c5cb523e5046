// What a merge has to know of all of a tensor before it makes the first number: norms, products, ranks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>

namespace aerotool::merging {

/// So many elements are gone through at once. What is summed over them is added block by block, in order, so
/// that it is the same however many threads there are.
inline constexpr std::uint64_t kBlockElements = std::uint64_t{1} << 18;

/// And so many are held, which stay in a core's cache. Blocks are a multiple of it.
inline constexpr std::size_t kPieceElements = std::size_t{8} << 10;

constexpr std::uint64_t blocks_of(std::uint64_t elements) {
  return (elements + kBlockElements - 1) / kBlockElements;
}

/// Goes through the blocks of a tensor once. All threads that need it done take part, so that none waits
/// while there is a block left.
class FirstPass {
 public:
  explicit FirstPass(std::uint64_t blocks) : blocks_(blocks) {}

  /// Returns when `work` has been called for each block, here or by other threads; all give the same work.
  /// Throws what one of the calls threw.
  void run(const std::function<void(std::uint64_t block)>& work);

 private:
  const std::uint64_t blocks_;
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;
  unsigned running_ = 0;
  std::exception_ptr failure_;
};

}  // namespace aerotool::merging
