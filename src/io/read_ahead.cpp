#include "io/read_ahead.hpp"

#include <algorithm>

namespace aerotool::io {
namespace {

constexpr std::uint64_t kShort = std::uint64_t{64} << 10;
// What the blocks of many threads may lie apart.
constexpr std::uint64_t kSlack = std::uint64_t{32} << 20;
// What is read after one slow read before it is believed to be in memory.
constexpr std::uint64_t kCredit = std::uint64_t{64} << 20;
constexpr std::uint64_t kShortRun = std::uint64_t{1} << 20;

/// Slower than 2 GB/s: memory gives a core several times that.
bool is_slow(std::uint64_t length, std::chrono::nanoseconds took) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) > length / 2;
}

}  // namespace

ReadAhead::Range ReadAhead::after(std::uint64_t offset, std::uint64_t length, std::chrono::nanoseconds took) {
  if (length < kShort) return {};
  const std::uint64_t end = offset + length;
  const std::uint64_t next = next_.load();
  const bool goes_on = offset <= next + kSlack && next <= end + kSlack;
  if (!goes_on) {
    next_.store(end);
    run_.store(length);
    asked_.store(end);
    return {};
  }
  next_.store(std::max(next, end));
  const std::uint64_t run = run_.fetch_add(length) + length;
  std::uint64_t credit = credit_.load();
  credit = is_slow(length, took) ? kCredit : credit - std::min(credit, length);
  credit_.store(credit);
  if (credit == 0 || run < kShortRun) return {};
  std::uint64_t asked = asked_.load();
  const std::uint64_t from = std::max(asked, end);
  if (from >= end + kWindow || !asked_.compare_exchange_strong(asked, from + kWindow)) return {};
  return {from, kWindow};
}

}  // namespace aerotool::io
