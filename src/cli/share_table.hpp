// What has which share of a model, with bars, in any width.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/common_options.hpp"
#include "cli/text_out.hpp"

namespace aerotool::cli {

/// What a line can be drawn with.
struct Screen {
  std::size_t width = 80;
  bool utf8 = false;  ///< blocks and dots of Unicode; else ASCII alone, in names too
};

/// The terminal behind standard output, or as much of one as the environment describes.
Screen screen_of_stdout();

/// "999", "1.02 K", "344 M", "7.24 B"
std::string count_text(std::uint64_t count);
/// "999 B", "1.02 KiB", "344 MiB": three figures, where a table of sizes has four.
std::string short_size(std::uint64_t bytes);
/// "12.5 %"
std::string share_text(std::uint64_t part, std::uint64_t whole);
/// A bar of at most `columns` whose length is to that of all as `part` to `whole`.
std::string bar_text(std::uint64_t part, std::uint64_t whole, std::size_t columns, bool utf8);

struct ShareLine {
  std::string name;  ///< as the file has it: it is escaped, and shortened where it has to be
  std::size_t level = 0;
  std::uint64_t count = 1;  ///< more than one: of the same size
  std::uint64_t tensors = 0;
  std::uint64_t size = 0;
  std::uint64_t parameters = 0;
  std::string dtype = {};
};

struct ShareTable {
  std::string heading;        ///< of the names
  bool with_tensors = false;  ///< a column of how many
  bool with_dtypes = false;   ///< a column of dtypes
  std::vector<ShareLine> lines = {};
  ShareLine total = {};
};

/// Lines of at most the screen's width, or of 40 columns where it is narrower: what does not fit is left out
/// column by column, and at last names lose their middle. Numbers are never cut.
std::vector<std::string> share_lines(const ShareTable& table, const Screen& screen);

/// The same to standard output, with the heading in bold.
void print_shares(const ShareTable& table, const CommonOptions& options, TextOut& out);

}  // namespace aerotool::cli
