// What is found in the runs of a tensor, put together in their order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace aerotool::tasks {

/// Appends what was found in the runs of a tensor in their order, whatever order they come in: so sums do not
/// depend on the number of threads. Holds as many as are ahead of their turn. `Found` has append().
template <typename Found>
class InOrder {
 public:
  void add(std::uint64_t begin, std::uint64_t end, const Found& found) {
    if (begin != reached_) {
      waiting_.push_back({begin, end, found});
      return;
    }
    append(end, found);
    for (auto next = find_next(); next != waiting_.end(); next = find_next()) {
      append(next->end, next->found);
      waiting_.erase(next);
    }
    if (waiting_.empty()) waiting_.shrink_to_fit();
  }
  const Found& total() const { return total_; }

 private:
  struct Run {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    Found found;
  };
  void append(std::uint64_t end, const Found& found) {
    total_.append(found);
    reached_ = end;
  }
  auto find_next() {
    return std::find_if(waiting_.begin(), waiting_.end(),
                        [this](const Run& run) { return run.begin == reached_; });
  }

  std::vector<Run> waiting_;
  std::uint64_t reached_ = 0;
  Found total_;
};

}  // namespace aerotool::tasks
