#include "io/url.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "core/error.hpp"
#include "io/host.hpp"
#include "io/percent.hpp"
#include "io/url_reference.hpp"

using namespace aerotool;

namespace {

io::Url url_of(std::string_view text) {
  const io::ParsedUrl parsed = io::parse_url(text);
  CAPTURE(parsed.problem);
  REQUIRE(parsed.url);
  return *parsed.url;
}

/// What is asked for; the problem in brackets where nothing is.
std::string asked_for(const io::ParsedUrl& parsed) {
  CHECK(parsed.url.has_value() == parsed.problem.empty());
  return parsed.url ? parsed.url->to_request() : "(" + parsed.problem + ")";
}

struct Reference {
  std::string_view text;
  std::string_view result;
};

}  // namespace

TEST_CASE("url: the parts of one") {
  const io::Url url = url_of("HTTPS://na%6De:p%40ss:word@Example.ORG:8443/a/B%2fc;d=1?sig=X/Y?z@#frag/ment");
  CHECK(url.origin == io::Origin{io::Scheme::https, "example.org", 8443});
  REQUIRE(url.user);
  CHECK(url.user->name == "name");
  CHECK(url.user->password == "p@ss:word");
  CHECK(url.path == "/a/B%2fc;d=1");
  CHECK(url.query == "?sig=X/Y?z@");
  CHECK(url.to_request() == "https://example.org:8443/a/B%2fc;d=1?sig=X/Y?z@");
  CHECK(url.shown() == "https://example.org:8443/a/B%2fc;d=1");
}

TEST_CASE("url: what is left out or spelled otherwise is the same URL") {
  const std::array<Reference, 22> same = {{
      {"http://host", "http://host/"},
      {"http://host:80/", "http://host/"},
      {"http://host:/", "http://host/"},
      {"http://host:0080/", "http://host/"},
      {"https://host:443/", "https://host/"},
      {"http://host:443/", "http://host:443/"},
      {"https://host:80", "https://host:80/"},
      {"http://host?q", "http://host/?q"},
      {"http://host?", "http://host/?"},
      {"http://host#f", "http://host/"},
      {"http://@host/", "http://host/"},
      {"http://[::1]:8000/x", "http://[::1]:8000/x"},
      {"http://[0:0:0:0:0:0:0:1]", "http://[::1]/"},
      {"http://[2001:DB8::A]/", "http://[2001:db8::a]/"},
      {"http://[::FFFF:7f00:1]/", "http://[::ffff:127.0.0.1]/"},
      {"http://h/a/./b/../c", "http://h/a/c"},
      {"http://h/../../a/..", "http://h/"},
      {"http://h/a/%2E%2e/b/%2e", "http://h/b/"},
      {"http://h/a//../b//c", "http://h/a/b//c"},
      {"http://h/gr\xc3\xb6\xc3\x9f"
       "e?\xe2\x82\xac",
       "http://h/gr%C3%B6%C3%9Fe?%E2%82%AC"},
      {"http://h/a\"<>^`{|}b", "http://h/a%22%3C%3E%5E%60%7B%7C%7Db"},
      {"http://h/%7e~!$&'()*+,;=:@[]", "http://h/%7e~!$&'()*+,;=:@[]"},
  }};
  for (const Reference& row : same) {
    CAPTURE(row.text);
    CHECK(asked_for(io::parse_url(row.text)) == row.result);
    CHECK(asked_for(io::parse_url(row.result)) == row.result);
  }
}

TEST_CASE("url: what is refused, and why") {
  const std::array<Reference, 62> refused = {{
      {"", "(is not a URL of http:// or https://)"},
      {"host/path", "(is not a URL of http:// or https://)"},
      {"/path", "(is not a URL of http:// or https://)"},
      {"//host/path", "(is not a URL of http:// or https://)"},
      {"://host/", "(is not a URL of http:// or https://)"},
      {"http:host", "(is not a URL of http:// or https://)"},
      {"http:/host", "(is not a URL of http:// or https://)"},
      {"1http://host", "(is not a URL of http:// or https://)"},
      {"ht%74p://host", "(is not a URL of http:// or https://)"},
      {"file:///etc/passwd", "(has the scheme file, which is not read; http and https are)"},
      {"S3://bucket/key", "(has the scheme s3, which is not read; http and https are)"},
      {"httpss://host", "(has the scheme httpss, which is not read; http and https are)"},
      {"http://", "(names no host)"},
      {"https:///path", "(names no host)"},
      {"http://:80/", "(names no host)"},
      {"http://user@/", "(names no host)"},
      {"http://?q", "(names no host)"},
      {"http://a@b@host/", "(has a second @ before its path)"},
      {"http://u%0d%0aX:y@host/", "(has a control character in its user part)"},
      {"http://u:%7f@host/", "(has a control character in its user part)"},
      {"http://host:0/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:65536/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:99999999999999999999/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:-1/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:+1/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:80:90/", "(has a port that is not a number from 1 to 65535)"},
      {"http://host:8x/", "(has a port that is not a number from 1 to 65535)"},
      {"http://[::1]:x/", "(has a port that is not a number from 1 to 65535)"},
      {"http://::1/", "(names no host)"},
      {"http://[::1/", "(has no ] behind its IPv6 address)"},
      {"http://[::1]x/", "(has no ] behind its IPv6 address)"},
      {"http://[/", "(has no ] behind its IPv6 address)"},
      {"http://[]/", "(has no IPv6 address between its brackets)"},
      {"http://[127.0.0.1]/", "(has no IPv6 address between its brackets)"},
      {"http://[:::1]/", "(has no IPv6 address between its brackets)"},
      {"http://[v1.x]/", "(has no IPv6 address between its brackets)"},
      {"http://[1:2:3:4:5:6:7:8:9]/", "(has no IPv6 address between its brackets)"},
      {"http://[fe80::1%25eth0]/", "(has an IPv6 address with a scope)"},
      {"http://127.1/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://2130706433/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://0x7f000001/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://0177.0.0.1/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://127.0.0.256/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://1.2.3.4.5/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://host.0x/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"http://host./", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://a..b/", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://.a/", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://a%2eb/", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://a,b/", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://*.org/", "(has a host that is no name of letters, digits and \"-\" between dots)"},
      {"http://h\xc3\xb6st/", "(has a host that is not ASCII; write it in the form that begins with xn--)"},
      {"http://\xef\xbd\x85vil.org/",
       "(has a host that is not ASCII; write it in the form that begins with xn--)"},
      {"http://host/a b", "(has a space in it; %20 stands for one)"},
      {" http://host/", "(has a space in it; %20 stands for one)"},
      {"http://host\\@evil.org/", "(has a backslash in it; %5C stands for one)"},
      {"http://host/a\tb", "(has a control character in it)"},
      {"http://host/a\r\nHost: x", "(has a control character in it)"},
      {"http://host/\x7f", "(has a control character in it)"},
      {"http://host/\xff", "(is not UTF-8)"},
      {"http://host/%4", "(has a % without two hexadecimal digits; %25 stands for one)"},
      {"http://host/a%00.gguf", "(has a NUL in it)"},
  }};
  for (const Reference& row : refused) {
    CAPTURE(row.text);
    CHECK(asked_for(io::parse_url(row.text)) == row.result);
  }
  CHECK(asked_for(io::parse_url(std::string_view("http://host/a\0b", 15))) ==
        "(has a control character in it)");
  CHECK(asked_for(io::parse_url(std::string_view("http://host\0.evil.org/", 22))) ==
        "(has a control character in it)");
}

TEST_CASE("url: how long one may be") {
  const std::string begin = "http://h/";
  const std::string longest = begin + std::string(io::kMaxUrlBytes - begin.size(), 'a');
  CHECK(asked_for(io::parse_url(longest)) == longest);
  CHECK(asked_for(io::parse_url(longest + "a")) == "(has more than 16,384 bytes)");
  CHECK(asked_for(io::parse_url(begin + std::string(6000, '^'))) ==
        "(has more than 16,384 bytes when it is percent-encoded)");
  const std::string label(63, 'a');
  const std::string host = label + "." + label + "." + label + "." + std::string(61, 'a');
  CHECK(io::parse_host(host).host == host);
  CHECK_FALSE(io::parse_host(host + "a").problem.empty());
  CHECK_FALSE(io::parse_host(label + "a").problem.empty());
}

TEST_CASE("url: what is typed and is none is told without its secrets") {
  const std::array<Reference, 14> told = {{
      {"http://me:secret@h/a b?sig=secret", "http://...@h/a b"},
      {"http://me:se/cret@h/ ", "http://...@h/ "},
      {"http://me:se?cret@h/ ", "http://..."},
      {"http://me:se#cr@et@h/ ", "http://..."},
      {"http://h/ ?mail=a@secret", "http://..."},
      {"http://h/a b#secret", "http://h/a b"},
      {"HTTP://h/a b", "HTTP://h/a b"},
      {"http:secret@h/a", "...@h/a"},
      {"me:secret@h/a://b", "...@h/a://b"},
      {"http:/me:secret@h://x", "...@h://x"},
      {"part-000.aero?sig=secret", "part-000.aero"},
      {"/a/b", "/a/b"},
      {"s3://key:secret@bucket", "s3://...@bucket"},
      {"", ""},
  }};
  for (const Reference& row : told) {
    CAPTURE(row.text);
    CHECK(io::shown_url(row.text) == row.result);
  }
  CHECK(io::typed_url("http://h/a").to_request() == "http://h/a");
  CHECK_THROWS_WITH_AS(io::typed_url("http://me:secret@h/a\nb?secret"),
                       "http://...@h/a\\nb: has a control character in it", UsageError);
  CHECK_THROWS_WITH_AS(io::typed_url("ftp://h/a"),
                       "ftp://h/a: has the scheme ftp, which is not read; http and https are", UsageError);
}

TEST_CASE("url: words of the command line that are meant as one") {
  for (const char* text : {"http://h/a", "HTTPS://h", "http://", "s3://b/k", "file:///x", "git+ssh://h"}) {
    CAPTURE(text);
    CHECK(io::looks_like_url(text));
  }
  for (const char* text : {"hf://o/n", "HF://o/n", "model.gguf", "a/http://h", "./s3://b", "http:/h",
                           "http:", "http//h", "1a://b", "://b", "a b://c", "-", "", "ollama:llama3:8b"}) {
    CAPTURE(text);
    CHECK_FALSE(io::looks_like_url(text));
  }
  CHECK(io::is_http_url("hTTp://"));
  CHECK_FALSE(io::is_http_url("ftp://h"));
  CHECK_FALSE(io::is_http_url("http:h"));
  CHECK(io::scheme_of("A+b-.1:x") == "a+b-.1");
  CHECK(io::scheme_of("a/b:c").empty());
}

TEST_CASE("url: percent-encoding") {
  CHECK(io::percent_encoded("aZ09-._~") == "aZ09-._~");
  CHECK(io::percent_encoded("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(io::percent_encoded("%2e+ ?#@\xc3\xb6") == "%252e%2B%20%3F%23%40%C3%B6");
  CHECK(io::percent_decoded("a%2fb%C3%b6+%%41%4") == "a/b\xc3\xb6+%A%4");
  CHECK(io::percent_decoded("%") == "%");
  CHECK(io::percent_decoded("%zz%g0") == "%zz%g0");
  CHECK(io::is_percent_encoded("a%20%2F"));
  for (const char* text : {"%", "%2", "a%", "%%20", "%-1", "%0x", "%2\xc3\xb6"})
    CHECK_FALSE(io::is_percent_encoded(text));
}

TEST_CASE("url: the name of the file") {
  CHECK(io::file_name_of(url_of("https://h/a/model%2Dx.gguf?x=/y.zip")) == "model-x.gguf");
  CHECK(io::file_name_of(url_of("https://h/o/a%2Fb.gguf")) == "b.gguf");
  CHECK(io::file_name_of(url_of("https://h/a%2F")).empty());
  CHECK(io::file_name_of(url_of("https://h")).empty());
  CHECK(io::file_name_of(url_of("https://h/%2525")) == "%25");
}

TEST_CASE("url: origins differ by scheme, host and port") {
  const io::Origin origin = url_of("https://h/a").origin;
  CHECK(origin == url_of("HTTPS://me@H:443/b?c").origin);
  for (const char* other : {"http://h/", "http://h:443/", "https://h:8443/", "https://g/", "https://h.h/"}) {
    CAPTURE(other);
    CHECK_FALSE(origin == url_of(other).origin);
  }
  CHECK(origin.text() == "https://h");
  CHECK(url_of("http://[::1]:443").origin.text() == "http://[::1]:443");
}

TEST_CASE("redirect: RFC 3986, section 5.4") {
  const io::Url base = url_of("http://a/b/c/d;p?q");
  const std::array<Reference, 42> references = {{
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y"},
      {"?", "http://a/b/c/d;p?"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g"},
      {"g?//x://y", "http://a/b/c/g?//x://y"},
      {"https://g/", "https://g/"},
      {"x/y:z", "http://a/b/c/x/y:z"},
  }};
  for (const Reference& row : references) {
    CAPTURE(row.text);
    CHECK(asked_for(io::resolve_redirect(base, row.text)) == row.result);
  }
}

TEST_CASE("redirect: what is refused") {
  const io::Url base = url_of("https://h:8443/a/b?q");
  const std::array<Reference, 24> refused = {{
      {"", "(is empty)"},
      {"http://h:8443/a", "(leads from https to http)"},
      {"HTTP://h/", "(leads from https to http)"},
      {"file:///etc/passwd", "(has the scheme file, which is not read; http and https are)"},
      {"javascript:x", "(has the scheme javascript, which is not read; http and https are)"},
      {"data:,x", "(has the scheme data, which is not read; http and https are)"},
      {"g:h", "(has the scheme g, which is not read; http and https are)"},
      {"https:g", "(is not a URL of http:// or https://)"},
      {"https:/g", "(is not a URL of http:// or https://)"},
      {"https://me:pw@h:8443/", "(has a user part before its host)"},
      {"//me@g/", "(has a user part before its host)"},
      {"//", "(names no host)"},
      {"///evil", "(names no host)"},
      {"//127.1/", "(has a number as its host that is no IPv4 address as a.b.c.d)"},
      {"//g:x/", "(has a port that is not a number from 1 to 65535)"},
      {"/\\evil", "(has a backslash in it; %5C stands for one)"},
      {"/a b", "(has a space in it; %20 stands for one)"},
      {"/a\r\nX: y", "(has a control character in it)"},
      {"\t//evil", "(has a control character in it)"},
      {"/\xe4", "(is not UTF-8)"},
      {"/%", "(has a % without two hexadecimal digits; %25 stands for one)"},
      {"/%00", "(has a NUL in it)"},
      {"?\x1b[31m", "(has a control character in it)"},
      {" ", "(has a space in it; %20 stands for one)"},
  }};
  for (const Reference& row : refused) {
    CAPTURE(row.text);
    CHECK(asked_for(io::resolve_redirect(base, row.text)) == row.result);
  }
  CHECK(asked_for(io::resolve_redirect(base, "/" + std::string(io::kMaxUrlBytes, 'a'))) ==
        "(has more than 16,384 bytes)");
  // A path that begins with two slashes is still one of this host.
  CHECK(io::resolve_redirect(base, "/..//evil").url->origin == base.origin);
  CHECK(io::resolve_redirect(url_of("http://h//a/b"), "c").url->to_request() == "http://h//a/c");
}

TEST_CASE("redirect: the user part stays with its origin") {
  const io::Url base = url_of("https://me:pw@h/a/b");
  for (const char* same : {"c", "/c", "?c", "//h/c", "//H:443/c", "https://h/c"}) {
    CAPTURE(same);
    CHECK(io::resolve_redirect(base, same).url->user == base.user);
  }
  for (const char* other : {"//g/c", "https://h:444/c", "https://www.h/c"}) {
    CAPTURE(other);
    CHECK_FALSE(io::resolve_redirect(base, other).url->user);
  }
  CHECK_FALSE(io::resolve_redirect(url_of("http://me:pw@h/"), "https://h/").url->user);
  CHECK_FALSE(io::parse_named_url("https://h/").url->user);
  CHECK(asked_for(io::parse_named_url("http://me@h/")) == "(has a user part before its host)");
}

TEST_CASE("url: files in a directory and beside another") {
  const io::Url file = url_of("https://me@h/m/model.json?sig=a/b");
  const std::array<Reference, 10> files = {{
      {"p.aero", "https://h/m/p.aero"},
      {"./sub/./p.aero", "https://h/m/sub/p.aero"},
      {"a b+c%2e.aero", "https://h/m/a%20b%2Bc%252e.aero"},
      {"%2e%2e/p", "https://h/m/%252e%252e/p"},
      {"...", "https://h/m/..."},
      {"..p", "https://h/m/..p"},
      {"x/a:b", "https://h/m/x/a%3Ab"},
      {":a@b", "https://h/m/%3Aa%40b"},
      {"\xc3\xb6;=&", "https://h/m/%C3%B6%3B%3D%26"},
      {"\xff", "https://h/m/%FF"},
  }};
  for (const Reference& row : files) {
    CAPTURE(row.text);
    CHECK(asked_for(io::url_beside(file, row.text)) == row.result);
    CHECK(io::url_beside(file, row.text).url->user == file.user);
    CHECK(asked_for(io::parse_url(row.result)) == row.result);
  }
  for (const char* directory : {"https://h/d?k=v", "https://h/d/?k=v"})
    CHECK(asked_for(io::url_in(url_of(directory), "a/b")) == "https://h/d/a/b?k=v");
  CHECK(asked_for(io::url_in(url_of("http://h"), "a")) == "http://h/a");
  CHECK(asked_for(io::url_beside(url_of("http://h/a/"), "b")) == "http://h/a/b");
}

TEST_CASE("url: paths that may not stand for a file in a directory") {
  const io::Url directory = url_of("https://h/d");
  const std::array<Reference, 27> refused = {{
      {"", "(is empty)"},
      {"/p", "(is absolute)"},
      {"//evil/p", "(is absolute)"},
      {"..", "(leads out of the directory)"},
      {"../p", "(leads out of the directory)"},
      {"a/../../p", "(leads out of the directory)"},
      {"a/..", "(leads out of the directory)"},
      {"a//p", "(has an empty part between slashes or at its end)"},
      {"a/", "(has an empty part between slashes or at its end)"},
      {".//etc", "(has an empty part between slashes or at its end)"},
      {".", "(names no file)"},
      {"a/.", "(names no file)"},
      {"file:p", "(begins with a scheme)"},
      {"file:///etc/passwd", "(begins with a scheme)"},
      {"http://h/p", "(begins with a scheme)"},
      {"C:p", "(begins with a scheme)"},
      {"p?x", "(has a ? or # in it)"},
      {"p#x", "(has a ? or # in it)"},
      {"?", "(has a ? or # in it)"},
      {"..\\p", "(has a backslash in it)"},
      {"\\\\evil\\p", "(has a backslash in it)"},
      {"a\np", "(has a control character in it)"},
      {"a\x7fp", "(has a control character in it)"},
      {"\tp", "(has a control character in it)"},
      {"./..", "(leads out of the directory)"},
      {"a/./../b", "(leads out of the directory)"},
      {std::string_view("p\0.aero", 7), "(has a control character in it)"},
  }};
  for (const Reference& row : refused) {
    CAPTURE(row.text);
    CHECK(asked_for(io::url_in(directory, row.text)) == row.result);
  }
  CHECK(asked_for(io::url_in(directory, std::string(io::kMaxUrlBytes + 1, 'a'))) ==
        "(has more than 16,384 bytes)");
  CHECK(asked_for(io::url_in(directory, std::string(6000, ' '))) ==
        "(makes a URL of more than 16,384 bytes)");
}
