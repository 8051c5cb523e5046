#include "core/taken_runs.hpp"

#include <algorithm>

namespace aerotool {

std::vector<TakenRuns::Run> TakenRuns::take(std::uint64_t begin, std::uint64_t end) {
  std::vector<Run> fresh;
  // Those that overlap or touch [begin, end) become one with it.
  const auto first = std::ranges::lower_bound(taken_, begin, {}, [](const Run& run) { return run.second; });
  std::uint64_t reached = begin;
  std::uint64_t from = begin;
  std::uint64_t to = end;
  auto last = first;
  for (; last != taken_.end() && last->first <= end; ++last) {
    if (last->first > reached) fresh.emplace_back(reached, last->first);
    reached = std::max(reached, last->second);
    from = std::min(from, last->first);
    to = std::max(to, last->second);
  }
  if (reached < end) fresh.emplace_back(reached, end);
  taken_.insert(taken_.erase(first, last), {from, to});
  return fresh;
}

}  // namespace aerotool
