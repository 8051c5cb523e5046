#include "io/separate_outputs.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>

#include "core/error.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;
namespace fs = std::filesystem;

namespace {

auto text(std::string_view bytes) {
  return [bytes](Output& output) { output.write(bytes_of(bytes)); };
}

}  // namespace

TEST_CASE("separate outputs: each file is there as a whole once it is put, and one that fails is not") {
  const test::TemporaryDirectory scratch;
  test::write_file(scratch.file("two"), "old");
  const SeparateOutputs outputs(scratch.path(), {"one", "two"});
  outputs.put("one", text("1"));
  CHECK(test::read_file(scratch.file("one")) == "1");
  const auto fail = [](Output& output) {
    output.write(bytes_of("half"));
    throw std::runtime_error("no more");
  };
  CHECK_THROWS_AS(outputs.put("two", fail), std::runtime_error);
  outputs.sync();
  CHECK(test::names_in(scratch.path()) == std::vector<std::string>{"one", "two"});
  CHECK(test::read_file(scratch.file("two")) == "old");
  CHECK_THROWS_AS(SeparateOutputs(scratch.file("none"), {"one"}), IoError);
}

TEST_CASE("separate outputs: what killed runs have left of the files goes, what others hold or own stays") {
  const test::TemporaryDirectory scratch;
  const std::string long_name(200, 'n');
  test::write_file(scratch.file(".one.aerotool-12-0123456789abcdef"), "x");
  test::write_file(scratch.file(".one.aerotool-13-0123456789abcdef"), "x");
  test::write_file(scratch.file("." + long_name.substr(0, 180) + ".aerotool-12-0123456789abcdef"), "x");
  test::write_file(scratch.file(".mine.aerotool-12-0123456789abcdef"), "x");
  test::write_file(scratch.file(".one.aerotool-12-not-one-of-ours"), "x");
  Output living = Output::to_path(scratch.file("two"));
  living.finish();
  const SeparateOutputs outputs(scratch.path(), {"one", "two", long_name});
  const std::vector<std::string> left = test::names_in(scratch.path());
  REQUIRE(left.size() == 3);
  CHECK(left[0] == ".mine.aerotool-12-0123456789abcdef");
  CHECK(left[1] == ".one.aerotool-12-not-one-of-ours");
  CHECK(left[2].starts_with(".two.aerotool-"));
  living.place();
  CHECK(fs::exists(scratch.file("two")));
}

TEST_CASE("separate outputs: links stay links, and a device is written to") {
  const test::TemporaryDirectory scratch;
  fs::create_directory(scratch.file("below"));
  test::write_file(scratch.file("target"), "old");
  fs::create_symlink("../target", scratch.file("below/link"));
  fs::create_symlink("/dev/null", scratch.file("below/null"));
  const SeparateOutputs outputs(scratch.file("below/"), {"link", "null"});
  outputs.put("link", text("new"));
  outputs.put("null", [](Output& output) { CHECK_FALSE(output.seekable()); });
  CHECK(fs::is_symlink(scratch.file("below/link")));
  CHECK(fs::is_symlink(scratch.file("below/null")));
  CHECK(test::read_file(scratch.file("target")) == "new");
}
