#include "core/text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace aerotool;

TEST_CASE("text: control characters, backslashes and bytes that are not UTF-8 are escaped") {
  CHECK(escape_controls("plain größe 😀") == "plain größe 😀");
  CHECK(escape_controls("a\tb\nc\rd\\e") == "a\\tb\\nc\\rd\\\\e");
  CHECK(escape_controls("\x1b[31m") == "\\x1b[31m");
  CHECK(escape_controls(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(escape_controls("del\x7f") == "del\\x7f");
  CHECK(escape_controls("c1 \xc2\x9b") == "c1 \\xc2\\x9b");
  CHECK(escape_controls("\xff\xfe") == "\\xff\\xfe");
}

TEST_CASE("text: UTF-8 has no overlong forms, surrogates or code points past U+10FFFF") {
  CHECK(is_utf8("größe 😀 \xf4\x8f\xbf\xbf"));
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff"}) {
    CAPTURE(to_hex(bytes_of(bad)));
    CHECK_FALSE(is_utf8(bad));
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 20; ++after) {
        CHECK_FALSE(is_utf8(std::string(before, 'a') + bad + std::string(after, 'z')));
      }
    }
  }
  for (std::size_t before = 0; before < 20; ++before)
    CHECK(is_utf8(std::string(before, 'a') + "\xf0\x9f\x98\x80" + std::string(20 - before, 'z')));
  CHECK(replace_invalid_utf8("a\xff"
                             "b\xe2\x82") ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("text: hexadecimal goes both ways and must fill what it is read into") {
  std::array<std::byte, 3> bytes{};
  CHECK(from_hex("0aFf80", bytes));
  CHECK(to_hex(bytes) == "0aff80");
  CHECK_FALSE(from_hex("0aff8", bytes));
  CHECK_FALSE(from_hex("0aff8000", bytes));
  CHECK_FALSE(from_hex("0aff8g", bytes));
}

TEST_CASE("text: sizes are shown in binary units with three figures") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(1023) == "1023 B");
  CHECK(human_size(1024) == "1.00 KiB");
  CHECK(human_size(1536) == "1.50 KiB");
  CHECK(human_size(10 * 1024) == "10.0 KiB");
  CHECK(human_size((std::uint64_t{1} << 20) - 1) == "1.00 MiB");
  CHECK(human_size(~std::uint64_t{0}) == "16.0 EiB");
  CHECK(with_thousands(0) == "0");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(1000) == "1,000");
  CHECK(with_thousands(1234567) == "1,234,567");
  CHECK(plural(1, "tensor") == "1 tensor");
  CHECK(plural(1234, "tensor") == "1,234 tensors");
  CHECK(plural(1, "more entry", "more entries") == "1 more entry");
  CHECK(plural(2, "more entry", "more entries") == "2 more entries");
}

TEST_CASE("a list names the first ones and counts the rest, and never counts a single one") {
  CHECK(listed({}, 2).empty());
  CHECK(listed({"a"}, 2) == "a");
  CHECK(listed({"a", "b", "c"}, 2) == "a, b, c");
  CHECK(listed({"a", "b", "c", "d"}, 2) == "a, b and 2 more");
  CHECK(listed({"a\n", "b"}, 2, Quotes::yes) == "'a\\n', 'b'");
  CHECK(listed({std::string(300, 'x')}, 2) == std::string(256, 'x') + "...");
}
