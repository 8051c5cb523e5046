// Files behind URLs, on servers that are not sound.
#include "io/remote_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.hpp"
#include "http_server.hpp"

using namespace aerotool;
using namespace aerotool::io;
using test::HttpServer;

namespace {

const std::string& content() {
  static const std::string text = [] {
    std::string made;
    for (int i = 0; made.size() < 3000; ++i) made += std::to_string(i) + " ";
    return made;
  }();
  return text;
}

std::string answer(const std::string& status, const std::vector<std::string>& fields,
                   const std::string& body) {
  std::string text = "HTTP/1.1 " + status + "\r\n";
  for (const std::string& field : fields) text += field + "\r\n";
  return text + "Connection: close\r\n\r\n" + body;
}

/// The bytes that a request asks for.
HttpRange asked(const std::string& request) {
  const auto at = request.find("Range: bytes=") + 13;
  const auto dash = request.find('-', at);
  return {std::stoull(request.substr(at)), std::stoull(request.substr(dash + 1)) + 1};
}

std::string part(HttpRange range, const std::string& tag = "\"one\"") {
  const std::uint64_t end = std::min<std::uint64_t>(range.end, content().size());
  const std::string body = content().substr(range.begin, end - range.begin);
  return answer("206 Partial Content",
                {"ETag: " + tag, "Content-Length: " + std::to_string(body.size()),
                 "Content-Range: bytes " + std::to_string(range.begin) + "-" + std::to_string(end - 1) + "/" +
                     std::to_string(content().size())},
                body);
}

std::shared_ptr<RemoteAccess> access(const std::string& allowed = "") {
  return std::make_shared<RemoteAccess>(parse_allowed_hosts(allowed));
}

/// Everything, the first 100 bytes first, then 1,000 at a time.
std::string read_all(const std::string& url, const std::shared_ptr<RemoteAccess>& shared = access()) {
  const Url parsed = typed_url(url);
  RemoteFile file(shared, {.url = parsed, .typed = parsed.origin});
  std::vector<std::byte> head;
  if (file.begin(100, {}, head) == RemoteFile::Begun::without_ranges) return "no ranges";
  std::string all(chars_of(ByteSpan(head)));
  while (all.size() < file.size()) {
    file.fetch(all.size(), std::min<std::uint64_t>(all.size() + 1000, file.size()),
               [&](std::uint64_t offset, ByteSpan bytes) {
                 CHECK(offset == all.size());
                 all += chars_of(bytes);
               });
  }
  return all;
}

std::string problem_of(const std::string& url, const std::shared_ptr<RemoteAccess>& shared = access()) {
  try {
    return "read: " + read_all(url, shared);
  } catch (const IoError& error) {
    CHECK(error.where().path.starts_with("http://127.0.0.1:"));
    CHECK(error.where().path.find("secret") == std::string::npos);
    return error.message();
  }
}

}  // namespace

TEST_CASE("remote file: ranges, with the tag behind the first") {
  const HttpServer server([](const std::string& request) { return part(asked(request)); });
  CHECK(read_all(server.url()) == content());
  const auto requests = server.requests();
  CHECK(requests.size() == 4);
  for (const std::string& request : requests)
    CHECK(request.find("Accept-Encoding: identity\r\n") != std::string::npos);
  CHECK(requests[0].find("If-Match") == std::string::npos);
  CHECK(requests[1].find("If-Match: \"one\"\r\n") != std::string::npos);
}

TEST_CASE("remote file: what tells one state of a file from another") {
  const auto validator = [](const std::string& fields) {
    const HttpServer server([&](const std::string& request) {
      std::string text = part(asked(request));
      const auto at = text.find("ETag: \"one\"\r\n");
      return text.replace(at, 13, fields);
    });
    const Url url = typed_url(server.url());
    RemoteFile file(access(), {.url = url, .typed = url.origin});
    std::vector<std::byte> head;
    REQUIRE(file.begin(100, {}, head) == RemoteFile::Begun::with_bytes);
    const std::string found = file.validator();
    const std::string origin = url.origin.text() + " ";
    return found.starts_with(origin) ? found.substr(origin.size()) : found;
  };
  const std::string size = std::to_string(content().size());
  CHECK(validator("ETag: \"one\"\r\n") == "\"one\"");
  CHECK(validator("").empty());
  CHECK(validator("ETag: W/\"one\"\r\n").empty());
  CHECK(validator("ETag: W/\"one\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n") ==
        "Sun, 06 Nov 1994 08:49:37 GMT, " + size);
}

TEST_CASE("remote file: fewer bytes than were asked for are no fault") {
  const HttpServer server([](const std::string& request) {
    const HttpRange range = asked(request);
    return part({range.begin, std::min(range.end, range.begin + 333)});
  });
  CHECK(read_all(server.url()) == content());
}

TEST_CASE("remote file: a slice with status 200 is what its Content-Range says") {
  const HttpServer server([](const std::string& request) {
    std::string text = part(asked(request));
    return text.replace(text.find("206"), 3, "200");
  });
  CHECK(read_all(server.url()) == content());
}

TEST_CASE("remote file: an answer that breaks off is gone on with where it stopped") {
  std::atomic<int> count{0};
  const HttpServer server([&](const std::string& request) {
    const std::string whole = part(asked(request));
    return ++count == 2 ? whole.substr(0, whole.size() - 400) : whole;
  });
  const auto shared = access();
  CHECK(read_all(server.url(), shared) == content());
  CHECK(shared->retries == 1);
  CHECK(asked(server.requests()[2]).begin == 100 + 1000 - 400);
}

TEST_CASE("remote file: a server that asks for time gets it") {
  std::atomic<int> count{0};
  const HttpServer server([&](const std::string& request) {
    if (++count == 1) return answer("429 Too Many Requests", {"Retry-After: 0", "Content-Length: 0"}, "");
    return part(asked(request));
  });
  CHECK(read_all(server.url()) == content());
  const HttpServer patient([](const std::string&) {
    return answer("503 Service Unavailable", {"Retry-After: 3600", "Content-Length: 5"}, "later");
  });
  CHECK(problem_of(patient.url()) ==
        "the server says 503: later; it asks to be left alone for 3,600 seconds");
}

TEST_CASE("remote file: bytes that are not those of the first answer are never taken") {
  const auto problem = [](const std::function<std::string(int number, const std::string& request)>& make) {
    std::atomic<int> count{0};
    const HttpServer server([&](const std::string& request) { return make(++count, request); });
    return problem_of(server.url());
  };
  CHECK(problem([](int number, const std::string& request) {
          return part(asked(request), number < 3 ? "\"one\"" : "\"two\"");
        }) == "changed on the server while it was read");
  CHECK(problem([](int number, const std::string& request) {
          return number < 2 ? part(asked(request))
                            : answer("412 Precondition Failed", {"Content-Length: 0"}, "");
        }) == "changed on the server while it was read");
  CHECK(problem([](int, const std::string& request) {
          const HttpRange range = asked(request);
          return part({range.begin + 1, range.end});
        }) == "the server sends other bytes than it was asked for");
  CHECK(problem([](int, const std::string& request) {
          std::string text = part(asked(request));
          return text.replace(text.find("Content-Length"), 14, "X-Content-Leng") + "and more";
        }) == "the server sends more bytes than it was asked for");
  CHECK(problem([](int, const std::string& request) {
          std::string text = part(asked(request));
          return text.insert(text.find("ETag"), "Content-Encoding: gzip\r\n");
        }) == "the server packs what it sends (gzip), although it was asked not to");
  CHECK(problem([](int number, const std::string& request) {
          return number < 2 ? part(asked(request)) : answer("200 OK", {"Content-Length: 3"}, "all");
        }) == "the server no longer reads ranges");
}

TEST_CASE("remote file: a server without ranges, and one without the file") {
  const HttpServer whole([](const std::string&) { return answer("200 OK", {"Content-Length: 3"}, "all"); });
  CHECK(read_all(whole.url()) == "no ranges");
  const HttpServer none([](const std::string&) {
    return answer("404 Not Found", {"Content-Length: 40"},
                  "not\x1b[31m here\nand more of it that is cut off\n");
  });
  CHECK(problem_of(none.url("/x?secret=1")) == "the server says 404: not\\x1b[31m here");
}

TEST_CASE("remote file: redirects") {
  const HttpServer target([](const std::string& request) { return part(asked(request)); });
  const HttpServer origin([&](const std::string&) {
    return answer("302 Found",
                  {"Location: " + target.url("/there?secret=2"), "X-Repo-Commit: abc", "Content-Length: 0"},
                  "");
  });
  const auto shared = access("127.0.0.1");
  shared->authorization = [typed = typed_url(origin.url()).origin](const Origin& asked_origin) {
    return asked_origin == typed ? std::string("Bearer secret") : std::string();
  };
  CHECK(read_all(origin.url(), shared) == content());
  // The target is remembered, and sees no token.
  CHECK(origin.requests().size() == 1);
  CHECK(origin.requests()[0].find("Authorization: Bearer secret\r\n") != std::string::npos);
  for (const std::string& request : target.requests())
    CHECK(request.find("Authorization") == std::string::npos);
  // Another port is not what was typed.
  CHECK(problem_of(origin.url()).find("leads to 127.0.0.1") == 0);
  const HttpServer circle([](const std::string&) {
    return answer("301 Moved", {"Location: /on", "Content-Length: 0"}, "");
  });
  CHECK(problem_of(circle.url()) == "more than 5 redirects");
  const HttpServer elsewhere([](const std::string&) {
    return answer("302 Found", {"Location: file:///etc/passwd", "Content-Length: 0"}, "");
  });
  CHECK(problem_of(elsewhere.url()).find("the server redirects to ") == 0);
}

TEST_CASE("remote file: a target whose time is over is asked for anew, once") {
  std::atomic<int> count{0};
  std::atomic<int> given{0};
  const HttpServer target([&](const std::string& request) {
    if (++count > 2 && request.find("sig=1 ") != std::string::npos)
      return answer("403 Forbidden", {"Content-Length: 7"}, "expired");
    if (given > 2) return answer("403 Forbidden", {"Content-Length: 7"}, "expired");
    return part(asked(request));
  });
  const HttpServer origin([&](const std::string&) {
    return answer("302 Found",
                  {"Location: " + target.url("/there?sig=" + std::to_string(++given)), "Content-Length: 0"},
                  "");
  });
  CHECK(read_all(origin.url(), access("127.0.0.1")) == content());
  CHECK(given == 2);
  count = 0;
  given = 3;
  CHECK(problem_of(origin.url(), access("127.0.0.1")) == "the server says 403: expired");
}

TEST_CASE("remote file: what is known of it is asked about, and held to") {
  std::string tag = "\"one\"";
  const HttpServer server([&](const std::string& request) {
    if (request.find("If-None-Match: " + tag + "\r\n") != std::string::npos)
      return answer("304 Not Modified", {"ETag: " + tag}, "");
    return part(asked(request), tag);
  });
  const Url url = typed_url(server.url());
  const RemoteState known = {url.origin, "\"one\"", "", content().size()};
  const auto begin = [&](const RemoteState& state, std::string& validator) {
    RemoteFile file(access(), {.url = url, .typed = url.origin});
    std::vector<std::byte> head;
    const auto begun = file.begin(100, state, head);
    CHECK(head.size() == (begun == RemoteFile::Begun::unchanged ? 0 : 100));
    CHECK(file.size() == content().size());
    validator = file.validator();
    if (begun == RemoteFile::Begun::unchanged) {
      std::string rest;
      file.fetch(0, file.size(), [&](std::uint64_t, ByteSpan bytes) { rest += chars_of(bytes); });
      CHECK(rest == content());
      CHECK(server.requests().back().find("If-Match: \"one\"\r\n") != std::string::npos);
    }
    return begun;
  };
  std::string validator;
  CHECK(begin(known, validator) == RemoteFile::Begun::unchanged);
  CHECK(validator == known.validator());
  // The tag of another server is not this one's.
  CHECK(begin({{Scheme::https, "else.example", 443}, "\"one\"", "", content().size()}, validator) ==
        RemoteFile::Begun::with_bytes);
  tag = "\"two\"";
  CHECK(begin(known, validator) == RemoteFile::Begun::with_bytes);
  CHECK(validator == url.origin.text() + " \"two\"");
}

TEST_CASE("remote file: in a state that is known it asks for what is read alone") {
  const HttpServer server([](const std::string& request) { return part(asked(request)); });
  const Url url = typed_url(server.url());
  RemoteFile file(access(), {.url = url, .typed = url.origin});
  file.begin_in({url.origin, "\"one\"", "", content().size()});
  CHECK(server.requests().empty());
  std::string read;
  file.fetch(10, 20, [&](std::uint64_t, ByteSpan bytes) { read += chars_of(bytes); });
  CHECK(read == content().substr(10, 10));
  RemoteFile changed(access(), {.url = url, .typed = url.origin});
  changed.begin_in({url.origin, "\"zero\"", "", content().size()});
  CHECK_THROWS_AS(changed.fetch(10, 20, [](std::uint64_t, ByteSpan) {}), IoError);
}

TEST_CASE("remote file: offline nobody is asked") {
  const HttpServer server([](const std::string& request) { return part(asked(request)); });
  const auto offline = access();
  offline->offline = true;
  CHECK(problem_of(server.url(), offline) == "is not in the cache, and --offline asks no server");
  CHECK(server.requests().empty());
}

TEST_CASE("remote file: an answer that nobody asked for is none") {
  const HttpServer server([](const std::string&) { return answer("304 Not Modified", {}, ""); });
  CHECK(problem_of(server.url()) == "the server answers a question that was not asked");
}

TEST_CASE("remote file: a state is one text, and comes back from it") {
  const Origin origin{Scheme::http, "example.org", 8080};
  for (const RemoteState& state :
       {RemoteState{origin, "\"a b\"", "", 7}, RemoteState{{}, "", "Sun, 06 Nov 1994 08:49:37 GMT", 7}}) {
    const auto again = state_of_validator(state.validator(), 7);
    REQUIRE(again);
    CHECK(again->validator() == state.validator());
    CHECK(again->tag == state.tag);
    CHECK(again->date == state.date);
  }
  CHECK(RemoteState{origin, "W/\"a\"", "", 7}.validator().empty());
  for (const char* text :
       {"", "http://example.org", "http://example.org ", "http://example.org W/\"a\"", "x, 8", ", 7"})
    CHECK_FALSE(state_of_validator(text, 7));
}
