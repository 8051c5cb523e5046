#include "encoding/zip/checked_members.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "files.hpp"
#include "hash/crc32.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

struct MemberOfFile {
  TemporaryDirectory directory;
  std::string text = std::string(600'000, 'a') + "end";
  std::shared_ptr<io::Input> input;
  zip::StoredBytes bytes;

  MemberOfFile() {
    const std::string path = directory.file("m");
    std::ofstream(path, std::ios::binary) << "head" << text;
    input = io::Input::open(path);
    bytes = {4, text.size(), hash::crc32(bytes_of(text), 0)};
  }
};

}  // namespace

TEST_CASE("checked members: the right ones are read once, the wrong ones tell each time") {
  const MemberOfFile member;
  zip::CheckedMembers checked;
  CHECK_NOTHROW(checked.require(*member.input, 0, member.bytes, "t"));
  // Not again, whatever is said of it.
  zip::StoredBytes wrong = member.bytes;
  ++wrong.crc;
  CHECK_NOTHROW(checked.require(*member.input, 0, wrong, "t"));
  CHECK_THROWS_AS(checked.require(*member.input, 1, wrong, "t"), CorruptError);
  CHECK_THROWS_AS(checked.require(*member.input, 1, wrong, "t"), CorruptError);
  CHECK_NOTHROW(checked.require(*member.input, 1, member.bytes, "t"));
}
