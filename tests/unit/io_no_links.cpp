#include "io/no_links.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "files.hpp"
#include "io/file_input.hpp"
#include "io/listing.hpp"

using namespace aerotool;
using namespace aerotool::io;
namespace fs = std::filesystem;

TEST_CASE("no links: files are reached by directories, and by no link") {
  const test::TemporaryDirectory directory;
  const std::string root = real_path(directory.path());
  fs::create_directories(root + "/a/b");
  test::write_file(root + "/a/b/file", "text");
  fs::create_symlink("b", root + "/a/link");
  fs::create_symlink("file", root + "/a/b/alias");
  const auto inside = LinklessDirectory::at(root + "/a/b");
  REQUIRE(inside);
  CHECK(FileInput::adopt(inside.file("file"), "file")->view(0, 4).text() == "text");
  CHECK(inside.has_regular_file("file"));
  CHECK_FALSE(inside.has_regular_file("alias"));
  CHECK_FALSE(inside.file("alias"));
  CHECK(inside.link_text("alias") == "file");
  CHECK_FALSE(inside.link_text("file"));
  CHECK_FALSE(LinklessDirectory::at(root + "/a/link"));
  CHECK_FALSE(LinklessDirectory::at(root + "/a").below("link"));
  CHECK(open_unless_link(root + "/a/b/file").is_regular());
  CHECK_FALSE(open_unless_link(root + "/a/b/alias"));
}
