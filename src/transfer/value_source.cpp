#include "transfer/value_source.hpp"

#include <algorithm>

#include "core/scratch.hpp"

namespace aerotool {

void ValueSource::for_each_run(std::uint64_t first, std::uint64_t count, const Visit& visit) const {
  constexpr std::uint64_t kElementsAtOnce = std::uint64_t{16} << 10;
  // Runs begin where blocks do, so that none is decoded twice.
  const std::uint64_t blocks = std::max<std::uint64_t>(unit(), 1);
  const std::uint64_t run = std::max<std::uint64_t>(kElementsAtOnce / blocks, 1) * blocks;
  const std::uint64_t end = first + count;
  Scratch<double> numbers(std::min(run, count));
  while (first < end) {
    const std::uint64_t next = std::min(end, first / run * run + run);
    const auto part = numbers.first(next - first);
    read(first, part);
    visit(first, part);
    first = next;
  }
}

}  // namespace aerotool
