#include "core/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace aerotool;

TEST_CASE("parallel: of several failures the lowest number's is told") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> late_one_failed{false};
    const auto work = [&](std::size_t number, const std::atomic<bool>& stopped) {
      if (number == 0) {
        while (!stopped.load()) std::this_thread::yield();
        throw Stopped{};
      }
      if (number == 1) {
        while (!late_one_failed.load()) std::this_thread::yield();
        throw std::size_t{1};
      }
      late_one_failed.store(true);
      throw number;
    };
    try {
      for_each_parallel(3, 3, work);
      FAIL("nothing was thrown");
    } catch (const std::size_t number) {
      CHECK(number == 1);
    }
  }
}

TEST_CASE("parallel: jobs go to works side by side first, and what is left to each of them") {
  const auto split = [](unsigned jobs, std::size_t works) {
    const JobSplit found = split_jobs(jobs, works);
    return std::pair(found.side_by_side, found.within);
  };
  CHECK(split(8, 2) == std::pair(2U, 4U));
  CHECK(split(8, 3) == std::pair(3U, 2U));
  CHECK(split(8, 100) == std::pair(8U, 1U));
  CHECK(split(8, 0) == std::pair(1U, 8U));
  CHECK(split(1, 5) == std::pair(1U, 1U));
}

TEST_CASE("parallel: results are taken in order, one at a time") {
  for (const unsigned jobs : {1U, 3U, 16U}) {
    CAPTURE(jobs);
    std::vector<std::size_t> taken;
    std::atomic<int> inside{0};
    for_each_in_order(500, jobs, [&](std::size_t number) -> std::function<void()> {
      return [&, number] {
        CHECK(inside.fetch_add(1) == 0);
        taken.push_back(number);
        inside.fetch_sub(1);
      };
    });
    REQUIRE(taken.size() == 500);
    CHECK(std::is_sorted(taken.begin(), taken.end()));
  }
}

TEST_CASE("parallel: a failure ends all that waits for its turn") {
  const auto failing = [](bool in_turn) {
    for_each_in_order(1000, 8, [&](std::size_t number) -> std::function<void()> {
      if (number == 40 && !in_turn) throw std::runtime_error("work");
      return [number, in_turn] {
        if (number == 40 && in_turn) throw std::runtime_error("turn");
      };
    });
  };
  CHECK_THROWS_WITH(failing(false), "work");
  CHECK_THROWS_WITH(failing(true), "turn");
}
