// Counts as bars.
#include <doctest/doctest.h>

#include <vector>

#include "commands/list/bars.hpp"

using namespace aerotool;

TEST_CASE("bars: the largest is the tallest, and none that is not 0 is a blank") {
  const std::vector<std::uint64_t> counts = {0, 1, 4000, 8000, 0, 1001};
  CHECK(commands::bars_text(counts, commands::BarStyle::blocks) == " ▁▄█ ▂");
  CHECK(commands::bars_text(counts, commands::BarStyle::digits) == " 148 2");
}

TEST_CASE("bars: blanks at the end are left out") {
  CHECK(commands::bars_text(std::vector<std::uint64_t>{0, 3, 0, 0}, commands::BarStyle::digits) == " 8");
}

TEST_CASE("bars: nothing of nothing") {
  CHECK(commands::bars_text({}, commands::BarStyle::blocks).empty());
  CHECK(commands::bars_text(std::vector<std::uint64_t>{0, 0}, commands::BarStyle::digits).empty());
  CHECK(commands::bars_text(std::vector<std::uint64_t>{~std::uint64_t{0}}, commands::BarStyle::digits) ==
        "8");
}
