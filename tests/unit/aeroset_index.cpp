#include <doctest/doctest.h>

#include "core/error.hpp"
#include "formats/aeroset/layout.hpp"
#include "formats/aeroset/parse.hpp"
#include "formats/aeroset/render.hpp"

using namespace aerotool;
using namespace aerotool::aeroset;

namespace {

SetIndex sample() {
  SetIndex index;
  index.model_name = "größe \"m\"";
  index.architecture = "llama";
  Digest digest{};
  digest[0] = std::byte{0xab};
  SetPart part;
  part.path = "part-000.aero";
  part.sha256 = digest;
  part.size = 123;
  part.shards = {0, 1, 5'000'000'000};
  index.parts = {part};
  index.tensor_index = {"index.aero", digest, 456};
  return index;
}

}  // namespace

TEST_CASE("set index: what is written is read back") {
  SetIndex index = sample();
  for (const bool with_url : {false, true}) {
    if (with_url) index.base_url = "https://example.org/m";
    Report report(Report::Mode::judge);
    const std::string text = render_set_index(index);
    const SetIndex back = read_set_index(text, "index", report);
    CHECK(report.findings().empty());
    CHECK(back.version_minor == (with_url ? 2 : 1));
    CHECK(back.model_name == index.model_name);
    CHECK(back.architecture == index.architecture);
    CHECK(back.base_url == index.base_url);
    REQUIRE(back.parts.size() == 1);
    CHECK(back.parts[0].path == "part-000.aero");
    CHECK(back.parts[0].sha256 == index.parts[0].sha256);
    CHECK(back.parts[0].size == 123);
    CHECK(back.parts[0].shards == index.parts[0].shards);
    CHECK(back.tensor_index.path == "index.aero");
    CHECK(back.tensor_index.size == 456);
    CHECK(render_set_index(back) == text);
  }
}

TEST_CASE("set index: unknown keys are ignored, the cache hint is read") {
  std::string text = render_set_index(sample());
  text.insert(text.find('{') + 1,
              R"("later": [1, {}], "cache": {"enabled": true, "recommended": false, "more": 1},)");
  Report report(Report::Mode::judge);
  const SetIndex back = read_set_index(text, "index", report);
  CHECK(report.findings().empty());
  REQUIRE(back.cache);
  CHECK(back.cache->enabled);
  CHECK_FALSE(back.cache->recommended);
}

TEST_CASE("set index: numbers that are none, and what does not name a file") {
  const auto faults_of = [](std::string_view from, std::string_view to) {
    std::string text = render_set_index(sample());
    text.replace(text.find(from), from.size(), to);
    Report report(Report::Mode::judge);
    static_cast<void>(read_set_index(text, "index", report));
    return report.fault_count();
  };
  CHECK(faults_of("123", "-1") == 1);
  CHECK(faults_of("123", "1.0") == 1);
  CHECK(faults_of("123", "1e3") == 1);
  CHECK(faults_of("123", "\"123\"") == 1);
  CHECK(faults_of("123", "18446744073709551616") == 1);
  CHECK(faults_of("5000000000", "-5") == 1);
  CHECK(faults_of("\"part-000.aero\"", "\"\"") == 1);
  CHECK(faults_of("\"part-000.aero\"", "7") == 1);
  CHECK(faults_of("\"llama\"", "7") == 1);
}

TEST_CASE("set index: names of parts") {
  CHECK(part_name(0) == "part-000.aero");
  CHECK(part_name(1234) == "part-1234.aero");
  CHECK(is_part_name("part-000.aero"));
  CHECK(is_part_name("part-1234.aero"));
  for (const char* other : {"part-00.aero", "part-.aero", "part-0a0.aero", "part-000.aerox", "xpart-000.aero",
                            "sub/part-000.aero", "index.aero", ""}) {
    CAPTURE(other);
    CHECK_FALSE(is_part_name(other));
  }
}
