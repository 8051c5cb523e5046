// Zip archives: what is in them, and where their records contradict each other.
#include "encoding/zip/archive.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/error.hpp"
#include "zip_fixture.hpp"

using namespace aerotool;
using zip::Finding;
using Kind = zip::Finding::Kind;
using test::OpenedZip;
using test::put_number;
using test::ZipFile;

namespace {

using Kinds = std::vector<Kind>;

constexpr std::size_t kFlags = 6, kMethod = 8, kCrc = 14, kSize = 22, kName = 30;  // in a local header

/// Of a file with the members a ("first") and bc ("second!").
ZipFile two() {
  ZipFile file;
  file.add("a", "first").add("bc", "second!");
  return file;
}

std::string refusal_of(const std::string& bytes) {
  try {
    const OpenedZip opened(bytes);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

std::string problem_of(const OpenedZip& opened, std::size_t number) {
  try {
    opened.text_of(number);
  } catch (const Error& error) {
    return error.message();
  }
  return "no problem";
}

std::size_t directory_of(const std::string& bytes) {
  return bytes.find("PK\x01\x02");
}

}  // namespace

TEST_CASE("zip: members are found where they are") {
  const OpenedZip opened(two().finish());
  CHECK(opened.findings.empty());
  REQUIRE(opened.archive->entries().size() == 2);
  CHECK(opened.archive->entry(1).name == "bc");
  CHECK(opened.archive->entry(1).size == 7);
  CHECK(opened.text_of(0) == "first");
  CHECK(opened.text_of(1) == "second!");
  CHECK(opened.archive->find("bc") == 1);
  CHECK(!opened.archive->find("b"));
  CHECK(!opened.archive->find("bcd"));
}

TEST_CASE("zip: an archive in the middle of an input") {
  const OpenedZip opened(two().finish(), 100, 50);
  CHECK(opened.findings.empty());
  CHECK(opened.archive->entry(0).header == 100);
  CHECK(opened.text_of(1) == "second!");
}

TEST_CASE("zip: an archive of nothing") {
  const OpenedZip opened(ZipFile().finish());
  CHECK(opened.findings.empty());
  CHECK(opened.archive->entries().empty());
}

TEST_CASE("zip: aligned members") {
  ZipFile file;
  file.add("a", "first", 64).add("a longer name", "second!", 64).add("c", "", 64);
  const std::string bytes = file.finish();
  const OpenedZip opened(bytes);
  CHECK(opened.findings.empty());
  for (const zip::Entry& entry : opened.archive->entries()) CHECK(entry.data % 64 == 0);
  CHECK(opened.text_of(1) == "second!");
  // A gap that no field fits into is one field more.
  for (std::size_t length = 1; length < 70; ++length) {
    const zip::Member member{std::string(length, 'n'), 0, 0, 0, 64};
    CHECK(zip::local_header(member).size() % 64 == 0);
  }
}

TEST_CASE("zip: more entries than 16 bits count") {
  ZipFile file;
  for (int i = 0; i < 65'536; ++i) file.add(std::to_string(i), "");
  const OpenedZip opened(file.finish());
  CHECK(opened.findings.empty());
  CHECK(opened.archive->entries().size() == 65'536);
  CHECK(opened.archive->find("65535") == 65'535);
}

TEST_CASE("zip: files that NumPy wrote") {
  for (const char* name : {"stored.npz", "deflated.npz", "streamed.npz", "streamed-deflated.npz", "names.npz",
                           "positional.npz", "mlx.npz", "bf16.npz"}) {
    CAPTURE(name);
    const OpenedZip opened(test::data_bytes(std::string("npz/") + name));
    CHECK(opened.findings.empty());
    for (std::size_t i = 0; i < opened.archive->entries().size(); ++i)
      CHECK(opened.text_of(i).starts_with("\x93NUMPY"));
  }
}

TEST_CASE("zip: a deflated member is read in any way") {
  const OpenedZip opened(test::data_bytes("npz/deflated.npz"));
  const zip::Archive& archive = *opened.archive;
  for (std::size_t i = 0; i < archive.entries().size(); ++i) {
    const zip::Entry& entry = archive.entry(i);
    REQUIRE(entry.is_deflated());
    const std::string whole = opened.text_of(i);
    const auto read = archive.reader_of(i, entry.crc);
    std::string pieces(whole.size(), '\0');
    const auto out = std::as_writable_bytes(std::span(pieces));
    for (std::size_t at = 0; at < whole.size(); at += 7)
      read(at, out.subspan(at, std::min<std::size_t>(7, whole.size() - at)));
    CHECK(pieces == whole);
    const auto spooled = archive.spooled(i, entry.crc);
    CHECK(spooled->view(0, spooled->size()).text() == whole);
  }
  CHECK_THROWS_AS(archive.bytes_of(0, 10, {}), UnsupportedError);
}

TEST_CASE("zip: inflated bytes are those that the directory says") {
  const std::string sound = test::data_bytes("npz/streamed-deflated.npz");
  const std::size_t entry = directory_of(sound);
  const std::uint32_t size = load_le<std::uint32_t>(bytes_of(sound), entry + 24);
  std::string more = sound, fewer = sound, crc = sound, cut = sound;
  put_number(more, entry + 24, size + 1, 4);
  put_number(fewer, entry + 24, size - 1, 4);
  put_number(crc, entry + 16, 7, 4);
  put_number(cut, entry + 20, 20, 4);
  CHECK(problem_of(OpenedZip(more), 0).ends_with("its data inflates to 140 bytes, not to 141"));
  CHECK(problem_of(OpenedZip(fewer), 0).ends_with("its data inflates to more than 139 bytes"));
  CHECK(problem_of(OpenedZip(crc), 0).ends_with(", not 00000007"));
  CHECK(problem_of(OpenedZip(cut), 0).ends_with("its deflated data ends too soon"));
  std::string broken = sound;
  const std::size_t data = OpenedZip(sound).archive->entry(0).data;
  broken[data] = '\x07';  // a block of a kind that there is not
  CHECK(problem_of(OpenedZip(broken), 0).ends_with("its deflated data is broken"));
  // Another descriptor follows the bytes than the directory has.
  CHECK(OpenedZip(crc).kinds() == Kinds{Kind::descriptor, Kind::between});
}

TEST_CASE("zip: a stored member is held to its CRC-32") {
  std::string bytes = two().finish();
  bytes[kName + 1] = 'F';
  const OpenedZip opened(bytes);
  CHECK(problem_of(opened, 0).starts_with("its member 'a': it has CRC-32 "));
  CHECK(opened.archive->bytes_of(0, 100, {}).text() == "First");
}

TEST_CASE("zip: local headers that contradict the directory") {
  const std::string sound = two().finish();
  const auto kinds_with = [&](std::size_t at, std::uint64_t number, unsigned width) {
    std::string bytes = sound;
    put_number(bytes, at, number, width);
    return OpenedZip(bytes).kinds();
  };
  CHECK(kinds_with(kName, 'b', 1) == Kinds{Kind::name_differs});
  CHECK(kinds_with(kMethod, 8, 2) == Kinds{Kind::method_differs});
  CHECK(kinds_with(kFlags, 1, 2) == Kinds{Kind::flags_differ});
  CHECK(kinds_with(kSize, 4, 4) == Kinds{Kind::numbers_differ});
  CHECK(kinds_with(kSize, 0, 4) == Kinds{Kind::numbers_differ});
  CHECK(kinds_with(kCrc, 4, 4) == Kinds{Kind::numbers_differ});
  CHECK(kinds_with(0, 0, 1) == Kinds{Kind::outside});
  // A longer extra field moves the bytes, into what is the next one's.
  CHECK(kinds_with(28, 4, 2) == Kinds{Kind::extra_field, Kind::overlap});
}

TEST_CASE("zip: entries of the directory that are not to be read") {
  const std::string sound = two().finish();
  const std::size_t entry = directory_of(sound);
  const auto with = [&](std::size_t at, std::uint64_t number, unsigned width) {
    std::string bytes = sound;
    put_number(bytes, entry + at, number, width);
    return bytes;
  };
  CHECK(OpenedZip(with(8, 1, 2)).kinds() == Kinds{Kind::encrypted});
  CHECK(OpenedZip(with(10, 12, 2)).kinds() == Kinds{Kind::method});
  CHECK(OpenedZip(with(24, 6, 4)).kinds() == Kinds{Kind::impossible_size});
  CHECK(OpenedZip(with(42, 1'000'000, 4)).kinds() == Kinds{Kind::outside});
  CHECK(OpenedZip(with(24, 0xffffffff, 4)).kinds() == Kinds{Kind::extra_field, Kind::impossible_size});
  for (const auto& bytes : {with(8, 1, 2), with(10, 12, 2), with(42, 1'000'000, 4)}) {
    const OpenedZip opened(bytes);
    CHECK(!opened.archive->entry(0).is_readable);
    CHECK(opened.archive->entry(1).is_readable);
    CHECK(opened.text_of(1) == "second!");
  }
  // More than deflate can make of so few bytes: nothing is reserved for them.
  std::string bomb = with(10, 8, 2);
  put_number(bomb, entry + 24, 0xfffffff0, 4);
  CHECK(OpenedZip(bomb).kinds() == Kinds{Kind::impossible_size});
  CHECK(refusal_of(with(34, 1, 2)) == "is a zip archive in several files");
  CHECK(refusal_of(with(0, 0, 1)) == "its directory has no entry where one should begin");
  CHECK(refusal_of(with(28, 60'000, 2)) == "an entry passes the end of its directory");
}

TEST_CASE("zip: entries that share names or bytes") {
  ZipFile names;
  names.add("a", "first").add("a", "second!");
  const OpenedZip opened(names.finish());
  CHECK(opened.kinds() == Kinds{Kind::duplicate});
  CHECK(opened.findings[0].entry == 1);
  CHECK(opened.archive->find("a") == 0);
  ZipFile bytes = two();
  bytes.members()[1] = bytes.members()[0];
  bytes.members()[1].name = "b";
  // Both entries lie at one header, whose name is that of one of them; what was the other's is a gap.
  CHECK(OpenedZip(bytes.finish()).kinds() == Kinds{Kind::name_differs, Kind::overlap, Kind::between});
}

TEST_CASE("zip: bytes that belong to nothing") {
  CHECK(OpenedZip(ZipFile().add_bytes("xx").add("a", "first").finish()).kinds() == Kinds{Kind::leading});
  CHECK(OpenedZip(ZipFile().add("a", "first").add_bytes("xx").add("b", "").finish()).kinds() ==
        Kinds{Kind::between});
  CHECK(OpenedZip(ZipFile().add("a", "first").add_bytes("xx").finish()).kinds() == Kinds{Kind::between});
  CHECK(OpenedZip(two().finish() + "xx").kinds() == Kinds{Kind::trailing});
  std::string comment = two().finish() + "xx";
  put_number(comment, comment.size() - 4, 2, 2);
  CHECK(OpenedZip(comment).kinds() == Kinds{Kind::comment});
  put_number(comment, comment.size() - 4, 3, 2);
  CHECK(refusal_of(comment) == "its comment passes its end");
}

TEST_CASE("zip: ends that are not the directory's") {
  const std::string sound = two().finish();
  const std::size_t end = sound.size() - 22;
  const auto with = [&](std::size_t at, std::uint64_t number, unsigned width) {
    std::string bytes = sound;
    put_number(bytes, end + at, number, width);
    return bytes;
  };
  std::string count = with(8, 3, 2);
  put_number(count, end + 10, 3, 2);
  CHECK(OpenedZip(count).kinds() == Kinds{Kind::count});
  CHECK(refusal_of(with(10, 3, 2)) == "is a zip archive in several files");
  CHECK(refusal_of(with(16, 0xffffffff, 4)).starts_with("the end record of 64 bits"));
  CHECK(refusal_of(with(16, 0, 4)).starts_with("its directory has no entry"));
  CHECK(refusal_of(with(12, 0xfffffff0, 4)).starts_with("its directory of 4,294,967,280 bytes"));
  CHECK(refusal_of(with(0, 0, 1)) == "has no end of a zip archive: it is cut short, or none");
  CHECK(refusal_of("PK\x03\x04") == "has no end of a zip archive: it is cut short, or none");
  // Fewer bytes of directory than there are: entries that only some see.
  std::string shorter = with(12, load_le<std::uint32_t>(bytes_of(sound), end + 12) - 48, 4);
  put_number(shorter, end + 8, 1, 2);
  put_number(shorter, end + 10, 1, 2);
  const Kinds kinds = OpenedZip(shorter).kinds();
  CHECK(kinds.front() == Kind::trailing);
}

TEST_CASE("zip: ends of 64 bits") {
  // Torch writes them also where nothing takes them.
  const ZipFile file = two();
  const std::string sound = file.finish();
  const std::size_t begin = file.size();
  const std::size_t end = sound.size() - 22;
  std::string record(56 + 20, '\0');
  record.replace(0, 4, "PK\x06\x06");
  put_number(record, 4, 44, 8);
  put_number(record, 24, 2, 8);
  put_number(record, 32, 2, 8);
  put_number(record, 40, end - begin, 8);
  put_number(record, 48, begin, 8);
  record.replace(56, 4, "PK\x06\x07");
  put_number(record, 64, end, 8);
  put_number(record, 72, 1, 4);
  const auto with = [&](std::size_t at, std::uint64_t number, unsigned width) {
    std::string changed = record;
    put_number(changed, at, number, width);
    return sound.substr(0, end) + changed + sound.substr(end);
  };
  CHECK(OpenedZip(with(0, 'P', 1)).findings.empty());
  CHECK(OpenedZip(with(32, 1, 8)).kinds() == Kinds{Kind::end_differs, Kind::count});
  CHECK(OpenedZip(with(4, 43, 8)).kinds() == Kinds{Kind::trailing});
  CHECK(refusal_of(with(48, UINT64_MAX, 8)).find("does not lie before its end record") != std::string::npos);
  CHECK(refusal_of(with(64, UINT64_MAX, 8)) == "its end record of 64 bits does not lie before its locator");
  CHECK(refusal_of(with(64, 0, 8)) == "its end record of 64 bits is not there");
  CHECK(refusal_of(with(16, 1, 4)) == "is a zip archive in several files");
}

TEST_CASE("zip: one entry is located without the others") {
  const test::TemporaryFile file(two().finish());
  std::vector<Finding> findings;
  const zip::Tell tell = [&](const Finding& finding) { findings.push_back(finding); };
  zip::Archive archive(io::FileInput::open(file.path()), tell);
  archive.locate(1, tell);
  CHECK(archive.bytes_of(1, 100, archive.entry(1).crc).text() == "second!");
  CHECK(findings.empty());
}

TEST_CASE("zip: whatever is cut off or changed is told or harmless") {
  const std::string sound = test::data_bytes("npz/streamed-deflated.npz");
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string changed = sound;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    for (const std::string& bytes : {changed, sound.substr(0, i)}) {
      try {
        const OpenedZip opened(bytes);
        for (std::size_t number = 0; number < opened.archive->entries().size(); ++number) {
          if (opened.archive->entry(number).is_readable) static_cast<void>(opened.text_of(number));
        }
      } catch (const Error& error) {
        CHECK(!error.message().empty());
      }
    }
  }
}
