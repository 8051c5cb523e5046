#include "cli/share_table.hpp"

#include <doctest/doctest.h>

#include "cli/text_width.hpp"

using namespace aerotool::cli;

TEST_CASE("text width: wide characters, marks, and what is no UTF-8") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("größe") == 5);
  CHECK(columns_of("層重み") == 6);
  CHECK(columns_of("한글") == 4);
  CHECK(columns_of("e\u0301") == 1);
  CHECK(columns_of("😀") == 2);
  CHECK(columns_of("ＡＢ") == 4);
  CHECK(columns_of("…█") == 2);
  CHECK(columns_of("\xff\xfe") == 2);
}

TEST_CASE("text width: the middle goes, and never half of a character") {
  CHECK(shortened_to("abcdef", 6, "…") == "abcdef");
  CHECK(shortened_to("abcdefg", 6, "…") == "ab…efg");
  CHECK(shortened_to("abcdefg", 5, "...") == "a...g");
  CHECK(shortened_to("層層層層", 7, "…") == "層…層層");
  CHECK(shortened_to("層層層層", 6, "…") == "層…層");
  CHECK(shortened_to("abce\u0301f", 3, "…") == "a…f");
  CHECK(shortened_to("abcdefg", 1, "…") == "…");
}

TEST_CASE("share table: three figures") {
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1.00 K");
  CHECK(count_text(99'949) == "99.9 K");
  CHECK(count_text(999'499) == "999 K");
  CHECK(count_text(999'500) == "1.00 M");
  CHECK(count_text(7'241'732'096) == "7.24 B");
  CHECK(count_text(671'000'000'000'000) == "671 T");
  CHECK(short_size(1023) == "1023 B");
  CHECK(short_size(1024) == "1.00 KiB");
  CHECK(short_size(352'256) == "344 KiB");
  CHECK(short_size(1'048'064) == "1.00 MiB");
  CHECK(short_size(18'446'744'073'709'551'615U) == "16.0 EiB");
  CHECK(share_text(1, 3) == "33.3 %");
  CHECK(share_text(0, 0) == "0.0 %");
}

TEST_CASE("share table: bars") {
  CHECK(bar_text(1, 2, 4, true) == "██");
  CHECK(bar_text(5, 16, 4, true) == "█▎");
  CHECK(bar_text(3, 4, 4, false) == "###");
  CHECK(bar_text(1, 100, 4, false).empty());
  CHECK(bar_text(0, 0, 4, true).empty());
}

namespace {

ShareTable some_table() {
  ShareTable table{.heading = "module", .with_dtypes = true};
  table.lines = {{"lm_head", 0, 1, 1, 2'048'000, 1'024'000, "BF16"},
                 {"model.layers.{0..21}", 0, 22, 198, 30'514'176, 15'240'192, "BF16"},
                 {"{input,post_attention}_layernorm", 1, 44, 44, 22'528, 11'264, "BF16"},
                 {"層.重み.e\u0301.\x1b[31m", 30, 1, 1, 12, 3, "a dtype of a name that is long"},
                 {std::string(1'000'000, 'm'), 3, 3, 1, 18'446'744'073'709'551'615U, 9, "F32 +1"}};
  table.total = {.name = "202 tensors", .tensors = 202, .size = 32'584'704, .parameters = 16'276'480};
  return table;
}

}  // namespace

TEST_CASE("share table: fits every width from 40 columns on, and shows all sizes whole") {
  const ShareTable table = some_table();
  for (std::size_t width = 40; width <= 250; ++width) {
    for (const bool utf8 : {true, false}) {
      const auto lines = share_lines(table, {width, utf8});
      REQUIRE(lines.size() == table.lines.size() + 2);
      for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(columns_of(line) <= width);
        CHECK(line.find('\x1b') == std::string::npos);
      }
      for (std::size_t i = 0; i < table.lines.size(); ++i)
        CHECK(lines[i + 1].find(short_size(table.lines[i].size)) != std::string::npos);
      CHECK(lines.back().starts_with("202 tensors "));
      CHECK(lines.back().find("31.1 MiB") != std::string::npos);
    }
  }
  CHECK(share_lines(table, {1, true}) == share_lines(table, {40, true}));
}

TEST_CASE("share table: without UTF-8 there is ASCII alone") {
  for (const std::string& line : share_lines(some_table(), {200, false})) {
    for (const char c : line) CHECK(static_cast<unsigned char>(c) < 0x80);
  }
}
