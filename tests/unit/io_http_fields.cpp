// What fields of HTTP answers say.
#include "io/http_fields.hpp"

#include <doctest/doctest.h>

using namespace aerotool::io;

TEST_CASE("http fields: Content-Range") {
  const auto range = parse_content_range("bytes 5-9/100");
  REQUIRE(range);
  CHECK(range->range->begin == 5);
  CHECK(range->range->end == 10);
  CHECK(range->total == 100);
  CHECK(!parse_content_range("bytes 0-0/*")->total);
  CHECK(!parse_content_range("bytes */7")->range);
  CHECK(parse_content_range("bytes */7")->total == 7);
  for (const char* text :
       {"", "bytes", "bytes 5-9", "bytes 5-4/100", "bytes 5-100/100", "bytes -5/100", "bytes 5-/100",
        "bytes 5-9/", "bytes 5-9/ 100", "items 5-9/100", "bytes=5-9/100", "bytes 5-9/1e2", "bytes +5-9/100",
        "bytes 0-18446744073709551615/*", "bytes 0-99999999999999999999/*"}) {
    CAPTURE(text);
    CHECK(!parse_content_range(text));
  }
}

TEST_CASE("http fields: how long a server wants to be left alone") {
  using std::chrono::seconds;
  const std::chrono::system_clock::time_point now =
      std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + seconds(8 * 3600 + 49 * 60 + 30);
  const auto wait = [&](const char* name, const char* value) {
    HttpHead head;
    head.fields[name] = value;
    return asked_wait(head, now);
  };
  CHECK(wait("retry-after", "5") == seconds(5));
  CHECK(wait("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT") == seconds(7));
  CHECK(wait("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT") == seconds(0));
  CHECK(wait("retry-after", "99999999999") == seconds(1'000'000'000));
  CHECK(wait("ratelimit", "\"api\";r=0;t=55") == seconds(55));
  for (const char* text :
       {"", "-5", "soon", "Sun, 31 Feb 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"})
    CHECK(!wait("retry-after", text));
  CHECK(!wait("date", "5"));
}

TEST_CASE("http fields: tags") {
  CHECK(is_strong_tag("\"abc\""));
  CHECK(!is_strong_tag("W/\"abc\""));
  CHECK(!is_strong_tag("\""));
  CHECK(!is_strong_tag(""));
}
