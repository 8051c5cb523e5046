#include "io/parallel.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace aerotool::io;

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
