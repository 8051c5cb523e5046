#include "formats/aeroset/part_url.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace aerotool;

namespace {

constexpr std::string_view kIndexUrl = "https://me:pw@h/m/model.aeroset.json?sig=secret/x";

/// Where a part is, or in brackets why it is nowhere. An empty text of the index stands for a local file.
std::string joined(std::string_view index, std::string_view base_url, std::string_view path) {
  std::optional<io::Url> index_url;
  if (!index.empty()) index_url = io::parse_url(index).url.value();
  const io::ParsedUrl part = aeroset::join_part_url(index_url, base_url, path);
  CHECK(part.url.has_value() == part.problem.empty());
  return part.url ? part.url->to_request() : "(" + part.problem + ")";
}

struct Join {
  std::string_view base_url;
  std::string_view path;
  std::string_view result;
};

}  // namespace

TEST_CASE("part URL: a URL, behind base_url, or beside the index") {
  const std::array<Join, 11> joins = {{
      {"", "part-000.aero", "https://h/m/part-000.aero"},
      {"", "https://cdn/p", "https://cdn/p"},
      {"", "HTTPS://cdn/p?sig=1", "https://cdn/p?sig=1"},
      {"https://b/x", "part-000.aero", "https://b/x/part-000.aero"},
      {"https://b/x/", "part-000.aero", "https://b/x/part-000.aero"},
      {"https://b", "part-000.aero", "https://b/part-000.aero"},
      {"https://b/x?token=t#f", "a/p.aero", "https://b/x/a/p.aero?token=t"},
      {"https://b/x", "https://cdn/p", "https://cdn/p"},
      {"https://b/x", "gr\xc3\xb6\xc3\x9f 1%.aero", "https://b/x/gr%C3%B6%C3%9F%201%25.aero"},
      {"https://b/x", "./p", "https://b/x/p"},
      // It is not looked at.
      {"nonsense", "https://cdn/p", "https://cdn/p"},
  }};
  for (const Join& row : joins) {
    CAPTURE(row.base_url);
    CAPTURE(row.path);
    CHECK(joined(kIndexUrl, row.base_url, row.path) == row.result);
  }
  CHECK(joined("http://h/m.json", "http://b", "p") == "http://b/p");
  CHECK(joined("http://h/m.json", "https://b", "http://c/p") == "http://c/p");
}

TEST_CASE("part URL: what is refused, and of what it is said") {
  const std::array<Join, 19> refused = {{
      {"", "/p", "(the path '/p' is absolute)"},
      {"https://b/x", "/p", "(the path '/p' is absolute)"},
      {"https://b/x", "//evil/p", "(the path '//evil/p' is absolute)"},
      {"https://b/x", "../p", "(the path '../p' leads out of the directory)"},
      {"", "a//p", "(the path 'a//p' has an empty part between slashes or at its end)"},
      {"", "p?sig=secret", "(the path 'p' has a ? or # in it)"},
      {"", "file:///etc/passwd", "(the path 'file:///etc/passwd' begins with a scheme)"},
      {"https://b", "ftp://h/p", "(the path 'ftp://h/p' begins with a scheme)"},
      {"", "", "(the path '' is empty)"},
      {"", "a\x1b", "(the path 'a\\x1b' has a control character in it)"},
      {"", "http://h/p", "(the path 'http://h/p' leads from https to http)"},
      {"", "https://u:pw@h/p", "(the path 'https://...@h/p' has a user part before its host)"},
      {"", "https://h/a b?secret", "(the path 'https://h/a b' has a space in it; %20 stands for one)"},
      {"http://b/x", "p", "(base_url 'http://b/x' leads from https to http)"},
      {"/dir", "p", "(base_url '/dir' is not a URL of http:// or https://)"},
      {"//evil", "p", "(base_url '//evil' is not a URL of http:// or https://)"},
      {"file:///etc", "passwd",
       "(base_url 'file:///etc' has the scheme file, which is not read; http and https are)"},
      {"https://u:pw@h/", "p", "(base_url 'https://...@h/' has a user part before its host)"},
      {"https://h/\n", "p", "(base_url 'https://h/\\n' has a control character in it)"},
  }};
  for (const Join& row : refused) {
    CAPTURE(row.base_url);
    CAPTURE(row.path);
    CHECK(joined(kIndexUrl, row.base_url, row.path) == row.result);
  }
}

TEST_CASE("part URL: a local index names URLs and no file of this machine") {
  CHECK(joined("", "http://b", "p") == "http://b/p");
  CHECK(joined("", "", "http://h/p") == "http://h/p");
  CHECK(joined("", "", "p") == "(the path 'p' is no URL, and the index has no base_url)");
  CHECK(joined("", "/dir", "p") == "(base_url '/dir' is not a URL of http:// or https://)");
  CHECK(joined("", "https://u@b", "p") == "(base_url 'https://...@b' has a user part before its host)");
}

TEST_CASE("part URL: the user part goes to the index's origin alone") {
  const std::optional<io::Url> index = io::parse_url(kIndexUrl).url;
  REQUIRE(index);
  CHECK(aeroset::join_part_url(index, "", "p").url->user == index->user);
  CHECK(aeroset::join_part_url(index, "https://h:443/x", "p").url->user == index->user);
  CHECK(aeroset::join_part_url(index, "", "https://h/p").url->user == index->user);
  CHECK_FALSE(aeroset::join_part_url(index, "https://b", "p").url->user);
  CHECK_FALSE(aeroset::join_part_url(index, "", "https://h:8443/p").url->user);
}
