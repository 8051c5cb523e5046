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

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

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
  CHECK(names_in(path) == std::vector<std::string>{"below", "index", "one"});
  CHECK(test::read_file(path + "/below/two") == "2");
  {
    DirectoryOutput output(path);
    put(output, "one", "new");
    output.publish("index", {"gone", "below/two"});
  }
  CHECK(test::read_file(path + "/one") == "new");
  CHECK(names_in(path) == std::vector<std::string>{"below", "one"});
}

TEST_CASE("directory output: without publish nothing is left, nor the directories that were made") {
  const test::TemporaryDirectory scratch;
  {
    DirectoryOutput output(scratch.file("a/b/"));
    put(output, "one", "1");
    output.add("below/two").write(bytes_of("2"));
  }
  CHECK(names_in(scratch.path()).empty());
  fs::create_directory(scratch.file("old"));
  test::write_file(scratch.file("old/one"), "old");
  {
    DirectoryOutput output(scratch.file("old"));
    put(output, "one", "1");
  }
  CHECK(names_in(scratch.file("old")) == std::vector<std::string>{"one"});
  CHECK(test::read_file(scratch.file("old/one")) == "old");
}

TEST_CASE("directory output: one run at a time") {
  const test::TemporaryDirectory scratch;
  const DirectoryOutput first(scratch.path());
  CHECK_THROWS_WITH_AS(DirectoryOutput(scratch.path()),
                       (scratch.path() + ": another run is writing to this directory").c_str(), IoError);
}

TEST_CASE("output: leftovers are the file itself and the temporaries that nobody holds") {
  const test::TemporaryDirectory scratch;
  const std::string path = scratch.file("part");
  CHECK(Output::leftovers(path).empty());
  test::write_file(path, "there");
  test::write_file(scratch.file(".part.aerotool-12-0123456789abcdef"), "left");
  test::write_file(scratch.file(".part.aerotool-12-not-one-of-ours"), "x");
  Output living = Output::to_path(scratch.file("other"));
  living.write(bytes_of("x"));
  living.finish();
  CHECK(Output::leftovers(scratch.file("other")).empty());
  auto found = Output::leftovers(path);
  REQUIRE(found.size() == 2);
  CHECK(found[0].temporary.empty());
  CHECK(found[0].size == 5);
  CHECK(found[1].temporary == ".part.aerotool-12-0123456789abcdef");
  CHECK(Output::targets_of_temporaries(scratch.path()).size() == 2);
  {
    Output adopted = Output::from_leftover(path, std::move(found[1]));
    adopted.commit();
  }
  CHECK(test::read_file(path) == "left");
  CHECK(Output::leftovers(path).size() == 1);
}
