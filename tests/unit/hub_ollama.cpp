#include <doctest/doctest.h>

#include "core/error.hpp"
#include "hub/ollama.hpp"
#include "hub/ollama_manifest.hpp"

using namespace aerotool;

TEST_CASE("ollama: a manifest's layers") {
  const auto layers = hub::read_ollama_manifest(
      R"({"schemaVersion":2,"config":{"mediaType":"c","digest":"d","size":1},)"
      R"("layers":[{"mediaType":"m","digest":"sha256:0","size":12,"x":[{"digest":"no"}]},{"size":-1},7]})");
  REQUIRE(layers);
  REQUIRE(layers->size() == 2);
  CHECK(layers->front().media_type == "m");
  CHECK(layers->front().digest == "sha256:0");
  CHECK(layers->front().size == 12);
  CHECK(layers->back().digest.empty());
  CHECK_FALSE(layers->back().size);
}

TEST_CASE("ollama: what is no manifest") {
  for (const char* text :
       {"", "{}", R"({"schemaVersion":2})", R"({"layers":[]})", R"({"schemaVersion":1,"layers":[]})",
        R"({"schemaVersion":2,"layers":{}})", R"({"x":{"schemaVersion":2,"layers":[]}})",
        R"([{"schemaVersion":2,"layers":[]}])", R"({"schemaVersion":2,"layers":[])"}) {
    CAPTURE(text);
    CHECK_FALSE(hub::read_ollama_manifest(text));
  }
  CHECK(hub::read_ollama_manifest(R"({"layers":[],"schemaVersion":2})"));
}

TEST_CASE("ollama: names that are refused") {
  for (const char* name :
       {"ollama:", "ollama:..", "ollama:a/../b", "ollama:a/b/c/d", "ollama:a:", "ollama:a:../x", "ollama:/a",
        "ollama:a//b", "ollama:-a", "ollama:a\nb", "ollama:a:b/c:.."}) {
    CAPTURE(name);
    CHECK_THROWS_AS(hub::ollama_blob(name), UsageError);
  }
}
