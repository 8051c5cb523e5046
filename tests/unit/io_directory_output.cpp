#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>

#include "core/error.hpp"
#include "files.hpp"
#include "io/directory_output.hpp"

using namespace aerotool;
using namespace aerotool::io;
namespace fs = std::filesystem;

namespace {

void put(DirectoryOutput& output, const std::string& name, std::string_view text) {
  Output& file = output.add(name);
  file.write(bytes_of(text));
  file.finish();
}

}  // namespace

TEST_CASE("directory output: files appear with publish, and what is obsolete goes") {
  const test::TemporaryDirectory scratch;
  const std::string path = scratch.file("a/b");
  {
    DirectoryOutput output(path);
    put(output, "one", "1");
    put(output, "below/two", "2");
    put(output, "index", "i");
    output.publish("index", {});
  }
  CHECK(test::names_in(path) == std::vector<std::string>{"below", "index", "one"});
  CHECK(test::read_file(path + "/below/two") == "2");
  {
    DirectoryOutput output(path);
    put(output, "one", "new");
    output.publish("index", {"gone", "below/two"});
  }
  CHECK(test::read_file(path + "/one") == "new");
  CHECK(test::names_in(path) == std::vector<std::string>{"below", "one"});
}

TEST_CASE("directory output: without publish nothing is left, nor the directories that were made") {
  const test::TemporaryDirectory scratch;
  {
    DirectoryOutput output(scratch.file("a/b/"));
    put(output, "one", "1");
    output.add("below/two").write(bytes_of("2"));
  }
  CHECK(test::names_in(scratch.path()).empty());
  fs::create_directory(scratch.file("old"));
  test::write_file(scratch.file("old/one"), "old");
  {
    DirectoryOutput output(scratch.file("old"));
    put(output, "one", "1");
  }
  CHECK(test::names_in(scratch.file("old")) == std::vector<std::string>{"one"});
  CHECK(test::read_file(scratch.file("old/one")) == "old");
}

TEST_CASE("directory output: one run at a time") {
  const test::TemporaryDirectory scratch;
  const DirectoryOutput first(scratch.path());
  CHECK_THROWS_WITH_AS(DirectoryOutput(scratch.path()),
                       (scratch.path() + ": another run is writing to this directory").c_str(), IoError);
}

TEST_CASE("directory output: leftovers are the file itself and the temporaries that nobody holds") {
  const test::TemporaryDirectory scratch;
  test::write_file(scratch.file("part"), "there");
  test::write_file(scratch.file(".part.aerotool-12-0123456789abcdef"), "left over");
  test::write_file(scratch.file(".part.aerotool-12-not-one-of-ours"), "x");
  test::write_file(scratch.file(".mine.aerotool-12-0123456789abcdef"), "x");
  Output living = Output::to_path(scratch.file("other"));
  living.write(bytes_of("x"));
  living.finish();
  {
    DirectoryOutput output(scratch.path());
    CHECK(output.leftovers("none").empty());
    CHECK(output.leftovers("other").empty());
    CHECK(output.leftover_size("part") == 9);
    auto found = output.leftovers("part");
    REQUIRE(found.size() == 2);
    CHECK(found[0].temporary.empty());
    CHECK(found[0].size == 5);
    CHECK(found[1].temporary == ".part.aerotool-12-0123456789abcdef");
    output.adopt("part", std::move(found[1]));
    output.publish({}, {});
    output.remove_stale([](const std::string& target) { return target == "part"; });
  }
  CHECK(test::read_file(scratch.file("part")) == "left over");
  const std::vector<std::string> left = test::names_in(scratch.path());
  CHECK(std::count(left.begin(), left.end(), ".part.aerotool-12-0123456789abcdef") == 0);
  CHECK(std::count(left.begin(), left.end(), ".part.aerotool-12-not-one-of-ours") == 1);
  CHECK(std::count(left.begin(), left.end(), ".mine.aerotool-12-0123456789abcdef") == 1);
  CHECK(left.size() == 4);
}

TEST_CASE("directory output: links are replaced, not followed; other things are refused") {
  const test::TemporaryDirectory scratch;
  test::write_file(scratch.file("precious"), "precious");
  fs::create_directory(scratch.file("set"));
  fs::create_symlink("../precious", scratch.file("set/part"));
  fs::create_symlink("../precious", scratch.file("set/index"));
  REQUIRE(::mkfifo(scratch.file("set/fifo").c_str(), 0600) == 0);
  fs::create_directory(scratch.file("set/directory"));
  DirectoryOutput output(scratch.file("set"));
  CHECK(output.leftovers("part").empty());
  CHECK_THROWS_AS(output.add("fifo"), IoError);
  CHECK_THROWS_AS(output.add("directory"), IoError);
  put(output, "part", "new");
  put(output, "index", "i");
  output.publish("index", {});
  CHECK(test::read_file(scratch.file("precious")) == "precious");
  CHECK(fs::is_regular_file(fs::symlink_status(scratch.file("set/part"))));
  CHECK(test::read_file(scratch.file("set/part")) == "new");
  CHECK(test::read_file(scratch.file("set/index")) == "i");
}

TEST_CASE("directory output: where nothing can be put in place the old index stays") {
  const test::TemporaryDirectory scratch;
  test::write_file(scratch.file("index"), "old");
  DirectoryOutput output(scratch.path());
  put(output, "part", "new");
  put(output, "index", "new");
  fs::create_directory(scratch.file("part"));  // no file can be renamed over a directory
  CHECK_THROWS_AS(output.publish("index", {}), IoError);
  CHECK(test::read_file(scratch.file("index")) == "old");
}

TEST_CASE("directory output: an obsolete file that cannot go does not keep the new index away") {
  const test::TemporaryDirectory scratch;
  fs::create_directory(scratch.file("obsolete"));
  DirectoryOutput output(scratch.path());
  put(output, "index", "new");
  CHECK_THROWS_AS(output.publish("index", {"obsolete"}), IoError);
  CHECK(test::read_file(scratch.file("index")) == "new");
}
