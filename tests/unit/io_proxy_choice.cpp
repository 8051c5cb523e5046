// Through which proxy a server is asked.
#include "io/proxy_choice.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <string>

using namespace aerotool::io;

namespace {

/// With these variables, and none of the others.
std::string chosen(const std::string& url, const std::map<std::string, std::string>& variables) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY"}) {
    const auto found = variables.find(name);
    if (found == variables.end()) {
      ::unsetenv(name);
    } else {
      ::setenv(name, found->second.c_str(), 1);
    }
  }
  std::string proxy = proxy_for(typed_url(url).origin);
  for (const auto& [name, value] : variables) ::unsetenv(name.c_str());
  return proxy;
}

}  // namespace

TEST_CASE("proxy: each scheme has its variable") {
  CHECK(chosen("http://h/x", {}).empty());
  CHECK(chosen("http://h/x", {{"http_proxy", "http://p:1"}}) == "http://p:1");
  CHECK(chosen("https://h/x", {{"http_proxy", "http://p:1"}}).empty());
  CHECK(chosen("https://h/x", {{"HTTPS_PROXY", "p:2"}}) == "p:2");
  CHECK(chosen("https://h/x", {{"https_proxy", "p:1"}, {"HTTPS_PROXY", "p:2"}}) == "p:1");
  CHECK(chosen("http://h/x", {{"HTTP_PROXY", "http://p:1"}}).empty());
  CHECK(chosen("http://h/x", {{"all_proxy", "p:3"}}) == "p:3");
  CHECK(chosen("http://h/x", {{"http_proxy", "p:1"}, {"ALL_PROXY", "p:3"}}) == "p:1");
}

TEST_CASE("proxy: hosts that are listed are asked directly") {
  const auto is_direct = [](const std::string& host, const std::string& list) {
    return chosen("http://" + host + "/x", {{"http_proxy", "p:1"}, {"no_proxy", list}}).empty();
  };
  CHECK(is_direct("example.org", "*"));
  CHECK(is_direct("example.org", "other, Example.ORG"));
  CHECK(is_direct("a.example.org", "example.org"));
  CHECK(is_direct("a.example.org", "x .example.org"));
  CHECK_FALSE(is_direct("anexample.org", "example.org"));
  CHECK_FALSE(is_direct("example.org", "a.example.org"));
  CHECK_FALSE(is_direct("example.org", " ,, "));
  CHECK(is_direct("127.0.0.1", "127.0.0.1"));
  CHECK(is_direct("10.1.2.3", "10.0.0.0/8"));
  CHECK(is_direct("10.1.2.3", "10.1.2.0/23"));
  CHECK_FALSE(is_direct("10.1.4.3", "10.1.2.0/23"));
  CHECK_FALSE(is_direct("11.1.2.3", "10.0.0.0/8"));
  CHECK_FALSE(is_direct("10.1.2.3", "10.0.0.0/99"));
  CHECK_FALSE(is_direct("10.1.2.3", "0.1.2.3"));
  CHECK(is_direct("[fd00::1]", "fd00::/8"));
  CHECK(is_direct("[::1]", "[::1]"));
  CHECK_FALSE(is_direct("[fe00::1]", "fd00::/8"));
  CHECK(chosen("http://h/x", {{"http_proxy", "p:1"}, {"NO_PROXY", "h"}}).empty());
}
