#include "core/natural_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using aerotool::natural_less;

TEST_CASE("natural order: numbers count, and separators come first") {
  const std::vector<std::string> ordered = {"",
                                            "a",
                                            "a.b",
                                            "a.b.c",
                                            "a.c",
                                            "a/b",
                                            "a b",
                                            "a-b",
                                            "a2",
                                            "a10",
                                            "ab",
                                            "b",
                                            "n.0",
                                            "n.00",
                                            "n.1",
                                            "n.01",
                                            "n.2.x",
                                            "n.10",
                                            "n.10.weight",
                                            "n.99999999999999999999999",
                                            "n.100000000000000000000000",
                                            "n.x",
                                            "o9p9",
                                            "o9p10",
                                            "o10p1"};
  for (std::size_t a = 0; a < ordered.size(); ++a) {
    for (std::size_t b = 0; b < ordered.size(); ++b) {
      CAPTURE(ordered[a]);
      CAPTURE(ordered[b]);
      CHECK(natural_less(ordered[a], ordered[b]) == (a < b));
    }
  }
}
