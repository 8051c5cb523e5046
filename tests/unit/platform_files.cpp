// What holds whichever of its two versions src/platform is built in.
#include "platform/files.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "files.hpp"
#include "io/fd.hpp"
#include "platform/memory.hpp"
#include "platform/processors.hpp"

using namespace aerotool;
namespace fs = std::filesystem;

TEST_CASE("platform: a file without a name gets one, where there are such files") {
  const test::TemporaryDirectory directory;
  const int nameless = platform::nameless_flags();
  if (nameless == 0 || !platform::can_give_names()) {
    CHECK_FALSE(platform::give_name(-1, -1, "name"));
    return;
  }
  const io::Fd place = io::open_fd(directory.path(), O_RDONLY | O_DIRECTORY);
  const io::Fd file = io::open_fd(place.get(), ".", nameless | O_RDWR, 0600);
  if (!file) return;  // not on this file system
  CHECK(fs::is_empty(directory.path()));
  CHECK(platform::give_name(file.get(), place.get(), "name"));
  CHECK(fs::exists(directory.file("name")));
  CHECK_FALSE(platform::give_name(file.get(), place.get(), "name"));
}

TEST_CASE("platform: a directory is opened for going on from it") {
  const test::TemporaryFile file("text");
  const fs::path path = file.path();
  const io::Fd directory = io::open_fd(path.parent_path(), platform::directory_handle_flags());
  REQUIRE(directory);
  CHECK(io::open_fd(directory.get(), path.filename(), O_RDONLY));
  CHECK_FALSE(io::open_fd(path, platform::directory_handle_flags()));
}

TEST_CASE("platform: advice is taken or passed over") {
  const test::TemporaryFile file(std::string(10000, 'x'));
  const io::Fd fd = io::open_fd(file.path(), O_RDWR);
  platform::expect_random_reads(fd.get());
  platform::expect_any_reads(fd.get());
  platform::expect_sequential_reads(fd.get());
  platform::begin_write_out(fd.get(), 0, 10000);
  platform::finish_write_out(fd.get(), 0, 10000);
  platform::give_back(fd.get(), 0, 0);
  CHECK(test::read_file(file.path()) == std::string(10000, 'x'));
  CHECK(platform::processors() >= 1);
  CHECK(platform::physical_memory() != 1);
}
