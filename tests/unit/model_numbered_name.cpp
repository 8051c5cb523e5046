#include <doctest/doctest.h>

#include "files.hpp"
#include "formats/safetensors/part_name.hpp"
#include "formats/safetensors_sharded/parse.hpp"
#include "io/absent.hpp"
#include "model/missing_parts.hpp"
#include "model/numbered_name.hpp"

namespace aerotool {
namespace {

TEST_CASE("numbered names: parts of one model") {
  const auto name = numbered_name("d-of-x/m-00002-of-00010.fp16.safetensors");
  REQUIRE(name);
  CHECK(name->stem == "d-of-x/m");
  CHECK(name->part == 2);
  CHECK(name->count == 10);
  CHECK(name->ending == ".fp16.safetensors");
  CHECK(part_path(*name, 10) == "d-of-x/m-00010-of-00010.fp16.safetensors");
  CHECK(parts_pattern(*name) == "d-of-x/m-*-of-00010.fp16.safetensors");
  CHECK(part_names(*name).size() == 10);
  CHECK(part_names(*name).front() == "m-00001-of-00010.fp16.safetensors");
  CHECK(same_parts(*name, *numbered_name("d-of-x/m-00001-of-00010.fp16.safetensors")));
  CHECK_FALSE(same_parts(*name, *numbered_name("d-of-x/m-00001-of-00011.fp16.safetensors")));
  CHECK_FALSE(same_parts(*name, *numbered_name("d-of-x/m-00001-of-00010.safetensors")));
  for (const char* other : {"", "-of-", "m-00001-of-00002", "m-00001-of-00002x.y", "m-00001-of-00002.d/f",
                            "m-00001-of-00002.x-of-y", "m-0001-of-00002.x", "00001-of-00002.x"}) {
    CAPTURE(other);
    CHECK_FALSE(numbered_name(other));
  }
}

TEST_CASE("numbered names: of safetensors") {
  CHECK(safetensors::part_name("m-00001-of-00002.safetensors"));
  CHECK(safetensors::part_name("m.fp16-00001-of-00002.safetensors"));
  CHECK(safetensors::part_name("m-00001-of-00002.fp16.safetensors"));
  CHECK_FALSE(safetensors::part_name("m-00001-of-00002.a.b.safetensors"));
  CHECK_FALSE(safetensors::part_name("m-00001-of-00002..safetensors"));
  CHECK_FALSE(safetensors::part_name("m-00001-of-00002.gguf"));
}

TEST_CASE("safetensors index: names") {
  using safetensors_sharded::index_ending;
  CHECK(index_ending("m.safetensors.index.json") == 23);
  CHECK(index_ending("m.safetensors.index.fp16.json") == 28);
  for (const char* other : {"m.safetensors.index..json", "m.safetensors.index.a.b.json", "m.index.json",
                            "m.safetensors.index.json.bak", "m.safetensors.index.a/b.json"}) {
    CAPTURE(other);
    CHECK(index_ending(other) == 0);
  }
}

TEST_CASE("missing parts: what is said of them") {
  const std::vector<std::string> names = {"m-1", "m-2", "m-3", "m-4", "m-5"};
  CHECK(tell_missing(names, {3}) == "part 4 of 5, m-4, is missing");
  CHECK(tell_missing({"m-00003-of-00004.x"}, {0}) == "part 3 of 4, m-00003-of-00004.x, is missing");
  CHECK(tell_missing({"m"}, {0}) == "the only file that the index names, m, is missing");
  CHECK(tell_missing(names, {0, 4}) == "2 of 5 parts are missing: m-1 and m-5");
  CHECK(tell_missing(names, {0, 1, 2, 3, 4}) == "all 5 parts are missing: m-1, m-2, m-3 and 2 more");
  CHECK(tell_stale(names, {"a"}, "set") ==
        "none of the 5 files that the index names is present, while a is: the index belongs to another set");
  CHECK(tell_stale({"m"}, {"a", "b"}, "division") ==
        "the only file that the index names, m, is missing, while a and b are present: the index belongs to "
        "another division");
}

TEST_CASE("missing parts: links and refused paths are not looked through") {
  const test::TemporaryDirectory directory;
  test::write_file(directory.file("there"), "x");
  REQUIRE(::symlink("nowhere", directory.file("link").c_str()) == 0);
  const std::string index = directory.file("index");
  CHECK_FALSE(io::absent_beside(index, "there"));
  CHECK_FALSE(io::absent_beside(index, "link"));
  CHECK_FALSE(io::absent_beside(index, "link/x"));
  CHECK_FALSE(io::absent_beside(index, "../gone"));
  CHECK_FALSE(io::absent_beside(index, "/gone"));
  CHECK_FALSE(io::absent_beside(index, ""));
  CHECK_FALSE(io::absent_beside(index, std::string(5000, 'x')));
  CHECK(io::absent_beside(index, "gone"));
  CHECK(io::absent_beside(index, "gone/x"));
  CHECK(io::absent_beside(index, "there/x"));
}

}  // namespace
}  // namespace aerotool
