// Names that lose their middle.
#include "cli/fitted_text.hpp"

#include <doctest/doctest.h>

using namespace aerotool::cli;

TEST_CASE("fitted text: both ends stay, and no character is cut") {
  CHECK(shortened_in_the_middle("model.embed", 11) == "model.embed");
  CHECK(shortened_in_the_middle("model.embed", 10) == "mod...mbed");
  CHECK(shortened_in_the_middle("model.embed", 9) == "mod...bed");
  CHECK(shortened_in_the_middle("äöüßéèêñçø", 7) == "äö...çø");
  CHECK(shortened_in_the_middle("😀😃😄😁😆😅", 5) == "😀...😅");
}

TEST_CASE("fitted text: a character stays on each side, however narrow it is") {
  CHECK(shortened_in_the_middle("abcdef", 0) == "a...f");
  CHECK(shortened_in_the_middle("abcde", 0) == "abcde");
  CHECK(shortened_in_the_middle("", 0).empty());
}
