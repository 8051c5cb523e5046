#include "io/output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "core/error.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;
namespace fs = std::filesystem;

namespace {

std::size_t entries(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("output: nothing is to be seen of a file before commit, and nothing is left without it") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.aero");
  test::write_file(path, "old");
  {
    Output output = Output::to_path(path);
    CHECK(output.seekable());
    output.write(bytes_of("new"));
    CHECK(test::read_file(path) == "old");
  }
  CHECK(test::read_file(path) == "old");
  CHECK(entries(directory.path()) == 1);
  Output output = Output::to_path(path);
  output.write_at(1, bytes_of("ew"));
  output.write_at(0, bytes_of("n"));
  output.extend(5);
  output.commit();
  CHECK(test::read_file(path) == std::string("new\0\0", 5));
  CHECK(entries(directory.path()) == 1);
}

TEST_CASE("output: long runs of zeros are left out of the file, and read as zeros") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.zt");
  const auto zeros = [](std::uint64_t count) { return std::string(count, '\0'); };
  const std::string content = "head" + zeros(kHoleBlock) + "a" + zeros(100'000) + "b" + zeros(3 * kLeastHole);
  Output output = Output::to_path(path);
  output.leave_out_zeros();
  // In two pieces, the second one first, and the first one cut in the zeros.
  const std::size_t cut = 40'001;
  output.write_at(cut, bytes_of(content).subspan(cut));
  output.write_at(0, bytes_of(content).first(cut));
  output.commit();
  CHECK(test::read_file(path) == content);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  // A file system that has no holes may be there.
  constexpr std::uint64_t kUnit = 512;
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * kUnit <= content.size() + kHoleBlock);
}

TEST_CASE("output: what is nothing but zeros has its length") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.zt");
  Output output = Output::to_path(path);
  output.leave_out_zeros();
  output.write(bytes_of(std::string(2 * kLeastHole, '\0')));
  output.write(bytes_of(std::string(5, '\0')));
  output.commit();
  CHECK(test::read_file(path) == std::string(2 * kLeastHole + 5, '\0'));
}

TEST_CASE("output: the old file's mode stays, links stay links") {
  const test::TemporaryDirectory directory;
  const std::string target = directory.file("target");
  test::write_file(target, "old");
  ::chmod(target.c_str(), 0640);
  fs::create_symlink("target", directory.file("link"));
  Output output = Output::to_path(directory.file("link"));
  output.write(bytes_of("new"));
  output.commit();
  CHECK(fs::is_symlink(directory.file("link")));
  CHECK(test::read_file(target) == "new");
  CHECK(fs::status(target).permissions() == static_cast<fs::perms>(0640));
}

TEST_CASE("output: a link to nothing is followed to where it points") {
  const test::TemporaryDirectory directory;
  fs::create_symlink("there", directory.file("link"));
  Output output = Output::to_path(directory.file("link"));
  output.write(bytes_of("new"));
  output.commit();
  CHECK(fs::is_symlink(directory.file("link")));
  CHECK(test::read_file(directory.file("there")) == "new");
}

TEST_CASE("output: what a killed run has left of the same target goes; what a living one holds stays") {
  const test::TemporaryDirectory directory;
  const std::string stale = directory.file(".m.aero.aerotool-123-0123456789abcdef");
  const std::string living = directory.file(".m.aero.aerotool-124-0123456789abcdef");
  const std::string other = directory.file(".n.aero.aerotool-125-0123456789abcdef");
  const std::string no_temporary = directory.file(".m.aero.aerotool-notes");
  for (const std::string& path : {stale, living, other, no_temporary}) test::write_file(path, "x");
  const Fd lock(::open(living.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  const Output output = Output::to_path(directory.file("m.aero"));
  CHECK_FALSE(fs::exists(stale));
  CHECK(fs::exists(living));
  CHECK(fs::exists(other));
  CHECK(fs::exists(no_temporary));
}

TEST_CASE("output: a directory, a missing directory and too little space are I/O errors") {
  const test::TemporaryDirectory directory;
  CHECK_THROWS_AS(Output::to_path(directory.path()), IoError);
  CHECK_THROWS_AS(Output::to_path(directory.file("none/m.aero")), IoError);
  const Output output = Output::to_path(directory.file("m.aero"));
  CHECK_NOTHROW(output.require_space(1));
  CHECK_THROWS_AS(output.require_space(std::uint64_t{1} << 62), IoError);
}

TEST_CASE("output: a device is a stream") {
  Output output = Output::to_path("/dev/null");
  CHECK_FALSE(output.seekable());
  output.write(bytes_of("gone"));
  output.commit();
  Output full = Output::to_path("/dev/full");
  CHECK_THROWS_AS(full.write(bytes_of("x")), IoError);
}

TEST_CASE("output: a name as long as the file system allows") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file(std::string(255, 'n'));
  Output output = Output::to_path(path);
  output.write(bytes_of("x"));
  output.commit();
  CHECK(test::read_file(path) == "x");
}
