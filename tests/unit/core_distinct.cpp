#include "core/distinct.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace aerotool;

namespace {

constexpr int kMany = 10'000;

}  // namespace

TEST_CASE("distinct: names that differ") {
  DistinctHashes hashes;
  CHECK(hashes.differ());
  for (int i = 0; i < kMany; ++i) hashes.add("name." + std::to_string(i));
  CHECK(hashes.differ());
}

TEST_CASE("distinct: a name that was added twice is always noticed") {
  for (int twice = 0; twice < kMany; twice += 997) {
    DistinctHashes hashes;
    for (int i = 0; i < kMany; ++i) hashes.add("name." + std::to_string(i));
    hashes.add("name." + std::to_string(twice));
    CHECK_FALSE(hashes.differ());
  }
}

TEST_CASE("distinct: hashes that were chosen to be alike are given up on") {
  DistinctHashes hashes;
  constexpr int kAlike = 300;
  constexpr std::size_t kLowBits = 0x3ff;
  int found = 0;
  for (int i = 0; found < kAlike; ++i) {
    const std::string name = std::to_string(i);
    if ((std::hash<std::string>{}(name)&kLowBits) != 0) continue;
    hashes.add(name);
    ++found;
  }
  CHECK_FALSE(hashes.differ());
}
