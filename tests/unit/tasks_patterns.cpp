// Patterns, and what is most like a word.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "core/nearest.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"

using namespace aerotool;
using tasks::Pattern;

namespace {

bool matches(const char* pattern, const char* name) {
  return Pattern(pattern).matches(name);
}

}  // namespace

TEST_CASE("patterns: braces stand for any of their alternatives") {
  CHECK(matches("{a,b}", "a"));
  CHECK(matches("{a,b}", "b"));
  CHECK_FALSE(matches("{a,b}", "c"));
  CHECK_FALSE(matches("{a,b}", "a,b"));
  CHECK(matches("x.{q,k,v}.w", "x.k.w"));
  CHECK(matches("*.{q,k}_proj.*", "layers.0.q_proj.weight"));
  CHECK_FALSE(matches("*.{q,k}_proj.*", "layers.0.v_proj.weight"));
  CHECK(matches("a{,b}", "a"));
  CHECK(matches("a{,b}", "ab"));
  CHECK(matches("{a,b}{1,2}", "b1"));
  CHECK(matches("{a,{b,c{d,e}}}", "ce"));
  CHECK_FALSE(matches("{a,{b,c{d,e}}}", "c"));
  CHECK(matches("{[0-9],x}", "7"));
}

TEST_CASE("patterns: braces that are text") {
  CHECK(matches("\\{a,b}", "{a,b}"));
  CHECK_FALSE(matches("\\{a,b}", "a"));
  CHECK(matches("{a\\,b,c}", "a,b"));
  CHECK(matches("{a}*", "{a}x"));
  CHECK(matches("{}*", "{}x"));
  CHECK(matches("{a,b*", "{a,bx"));
  CHECK(matches("{a,{b,c}*", "{a,cx"));
  CHECK(matches("a,b}*", "a,b}x"));
  CHECK(matches("[{]a,b*", "{a,bx"));
  CHECK(matches("{[,],x}", ","));
  CHECK(matches("{[],],x}", "]"));
  CHECK(matches("{[[:alpha:],],x}", ","));
  CHECK(matches("[{*", "[{x"));
  CHECK(matches("{a,b}", "{a,b}"));  // letter by letter
  CHECK(matches("br[0]{1}(2)", "br[0]{1}(2)"));
}

TEST_CASE("patterns: what has wildcards") {
  CHECK(Pattern("a*").has_wildcards());
  CHECK(Pattern("{a,b}").has_wildcards());
  CHECK_FALSE(Pattern("q_proj").has_wildcards());
  CHECK_FALSE(Pattern("a{1}").has_wildcards());
}

TEST_CASE("patterns: hostile ones are refused or done with at once") {
  const auto begin = std::chrono::steady_clock::now();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "{a,b}";
  CHECK_THROWS_AS(Pattern{many}, tasks::RequestError);
  CHECK_THROWS_AS(Pattern{std::string(100'000, '{')}, tasks::RequestError);
  CHECK_THROWS_AS(Pattern{"{" + std::string(100'000, ',') + "}"}, tasks::RequestError);
  CHECK_THROWS_AS(Pattern("{a,b}{a,b}{a,b}{a,b}{a,b}" + std::string(100'000, 'x')), tasks::RequestError);
  CHECK_FALSE(Pattern("{a,b}" + std::string(100'000, '[')).matches("c"));
  CHECK_FALSE(Pattern("{a,b}" + std::string(100'000, '}')).matches("c"));
  CHECK_NOTHROW(Pattern("{" + std::string(999, ',') + "}"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("nearest: the word that begins alike, else the one that differs least") {
  const std::vector<std::string> known = {"inspect", "list", "validate", "pack-set", "diff"};
  CHECK(did_you_mean("vaildate", known) == "did you mean 'validate'? ");
  CHECK(did_you_mean("val", known) == "did you mean 'validate'? ");
  CHECK(did_you_mean("packset", known) == "did you mean 'pack-set'? ");
  CHECK(did_you_mean("frobnicate", known).empty());
  CHECK(did_you_mean("v", known).empty());
  CHECK(did_you_mean("--ful", {"--full", "--from"}) == "did you mean '--full'? ");
  CHECK(did_you_mean("-Z", {"--to", "--z"}).empty());
}
