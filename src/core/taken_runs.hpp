// Which numbers of a row have been taken, in runs that come in any order.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace aerotool {

class TakenRuns {
 public:
  using Run = std::pair<std::uint64_t, std::uint64_t>;  // from, and behind the last

  /// Takes [begin, end). Returns the runs of it that were not taken before, in order.
  std::vector<Run> take(std::uint64_t begin, std::uint64_t end);

 private:
  std::vector<Run> taken_;  // in order, apart from each other
};

}  // namespace aerotool
