// The line that a progress bar shows.
#include <doctest/doctest.h>

#include <string>

#include "cli/progress_line.hpp"
#include "cli/table.hpp"

using namespace aerotool;
using cli::progress_line;

TEST_CASE("progress: all of it where there is room") {
  CHECK(progress_line({"reading m", 512, 1024, 1}, 200) ==
        "reading m  [###############               ]  50%  512 B/s  0:01 left");
  CHECK(progress_line({"", 1024, 1024, 2}, 80) ==
        "[##############################] 100%  512 B/s  0:00 left");
  CHECK(progress_line({"reading m", 2048, 0, 1}, 80) == "reading m  2.00 KiB  2.00 KiB/s");
}

TEST_CASE("progress: the bar gets shorter, the name goes, then the bar, then numbers from the right") {
  const cli::ProgressState state{"reading m", 512, 1024, 1};
  const std::string numbers = " 50%  512 B/s  0:01 left";
  CHECK(progress_line(state, 60) == "reading m  [##########           ] " + numbers);
  CHECK(progress_line(state, 49) == "reading m  [#####     ] " + numbers);
  CHECK(progress_line(state, 48) == "[##########          ] " + numbers);
  const std::string short_bar = progress_line(state, 40);
  CHECK(short_bar.starts_with("[#"));
  CHECK(short_bar.ends_with(numbers));
  CHECK(short_bar.size() == 39);
  CHECK(progress_line(state, 27) == numbers);
  CHECK(progress_line(state, 24) == " 50%  512 B/s");
  CHECK(progress_line(state, 10) == " 50%");
  CHECK(progress_line(state, 4) == " 50");
  CHECK(progress_line(state, 1).empty());
  CHECK(progress_line(state, 0).empty());
}

TEST_CASE("progress: never wider than the terminal, whatever is shown") {
  for (const std::uint64_t total : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    for (const std::uint64_t done : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
      for (const double seconds : {0.0, 1e-9, 1e12}) {
        for (std::size_t width = 0; width < 120; ++width) {
          const std::string line = progress_line({"größe", done, total, seconds}, width);
          CHECK(cli::display_width(line) <= (width == 0 ? 0 : width - 1));
        }
      }
    }
  }
}
