#include "io/read_ahead.hpp"

#include <doctest/doctest.h>

using namespace aerotool;
using namespace aerotool::io;
using std::chrono::nanoseconds;

namespace {

constexpr std::uint64_t kBlock = std::uint64_t{256} << 10;
constexpr nanoseconds kFromDisk{1'000'000};
constexpr nanoseconds kFromMemory{20'000};

}  // namespace

TEST_CASE("read-ahead: what lies behind a slow sequential reader is asked for once, without a hole") {
  ReadAhead ahead;
  std::uint64_t asked = 0;
  for (std::uint64_t at = 0; at < std::uint64_t{100} << 20; at += kBlock) {
    const auto range = ahead.after(at, kBlock, kFromDisk);
    if (range.length == 0) continue;
    if (asked != 0) CHECK(range.offset == asked);
    asked = range.offset + range.length;
    CHECK(asked > at + kBlock);
    CHECK(asked <= at + kBlock + 2 * ReadAhead::kWindow);
  }
  CHECK(asked >= std::uint64_t{100} << 20);
}

TEST_CASE("read-ahead: nothing is asked for of what comes from memory, of short reads and of jumps") {
  ReadAhead memory;
  ReadAhead small;
  ReadAhead jumps;
  for (std::uint64_t i = 0; i < 400; ++i) {
    CHECK(memory.after(i * kBlock, kBlock, kFromMemory).length == 0);
    CHECK(small.after(i * 4096, 4096, kFromDisk).length == 0);
    CHECK(jumps.after((i * 7919 % 400) << 30, kBlock, kFromDisk).length == 0);
  }
}

TEST_CASE("read-ahead: blocks that several threads take in turns are one run") {
  ReadAhead ahead;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < 400; i += 4) {
    for (const std::uint64_t k : {2, 0, 3, 1})
      bytes += ahead.after((i + k) * kBlock, kBlock, kFromDisk).length;
  }
  CHECK(bytes >= 390 * kBlock);
}

TEST_CASE("read-ahead: asks again for a while after reads have become fast, and then no more") {
  ReadAhead ahead;
  std::uint64_t at = 0;
  for (; at < std::uint64_t{8} << 20; at += kBlock) static_cast<void>(ahead.after(at, kBlock, kFromDisk));
  std::uint64_t bytes = 0;
  for (; at < std::uint64_t{40} << 20; at += kBlock) bytes += ahead.after(at, kBlock, kFromMemory).length;
  CHECK(bytes >= std::uint64_t{24} << 20);
  at += std::uint64_t{64} << 20;
  for (; at < std::uint64_t{200} << 20; at += kBlock) CHECK(ahead.after(at, kBlock, kFromMemory).length == 0);
}
