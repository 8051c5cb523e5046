#include "io/input.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "files.hpp"
#include "io/interrupt.hpp"
#include "io/spool.hpp"
#include "io/zstd_reader.hpp"

using namespace aerotool;
using namespace aerotool::io;

TEST_CASE("input: what stands behind a hole is found, and nothing that is stored is passed over") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.zt");
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 20;
  constexpr std::uint64_t kData = std::uint64_t{512} << 10;
  test::write_file(path, "head");
  std::filesystem::resize_file(path, kData);
  test::write_file(path, test::read_file(path) + "data");
  std::filesystem::resize_file(path, kEnd);
  const auto input = Input::open(path);
  // Where no holes are known, all is stored.
  CHECK(input->next_stored(1, kEnd) == 1);
  CHECK(input->next_stored(kData / 2, kEnd) <= kData);
  CHECK(input->next_stored(kData + 1, kEnd) == kData + 1);
  CHECK(input->next_stored(kEnd - 1, kEnd) <= kEnd);
  CHECK(input->next_stored(kEnd - 1, kEnd) >= kEnd - 1);
}

TEST_CASE("input: views and reads at any offset") {
  std::string bytes(10000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 256);
  const test::TemporaryFile file(bytes);
  const auto input = Input::open(file.path());
  CHECK(input->size() == bytes.size());
  CHECK(input->view(4097, 5000).text() == std::string_view(bytes).substr(4097, 5000));
  CHECK(input->view(10000, 0).size() == 0);
  CHECK_THROWS_AS(input->view(9999, 2), IoError);
  std::string part(100, '\0');
  input->read(9900, std::as_writable_bytes(std::span(part)));
  CHECK(part == bytes.substr(9900));
  CHECK_NOTHROW(input->require_unchanged());
}

TEST_CASE("input: a file that shrinks is an I/O error, mapped or read, and no bus error") {
  install_signal_handlers();
  const test::TemporaryFile file(std::string(3 << 20, 'x'));
  const auto input = Input::open(file.path());
  const Bytes view = input->view(0, input->size());
  CHECK(view.text().front() == 'x');
  std::filesystem::resize_file(file.path(), 4096);
#ifdef AEROTOOL_COPY_VIEWS  // as the fuzz targets have it: nothing is mapped
  CHECK(view.text()[2 << 20] == 'x');
#else
  CHECK(view.text()[2 << 20] == '\0');
#endif
  CHECK_THROWS_AS(input->require_unchanged(), IoError);
  std::string part(100, '\0');
  CHECK_THROWS_AS(input->read(2 << 20, std::as_writable_bytes(std::span(part))), IoError);
}

TEST_CASE("input: a directory, a missing file and a FIFO are I/O errors") {
  const test::TemporaryDirectory directory;
  CHECK_THROWS_AS(Input::open(directory.path()), IoError);
  CHECK_THROWS_AS(Input::open(directory.file("none")), IoError);
}

namespace {

std::string unpack(const std::string& packed, ZstdReader::Frames frames) {
  bool given = false;
  ZstdReader reader(
      [&]() -> ByteSpan {
        if (given) return {};
        given = true;
        return bytes_of(packed);
      },
      frames);
  std::string out;
  std::string block(1000, '\0');
  while (const std::size_t got = reader.read(std::as_writable_bytes(std::span(block))))
    out += block.substr(0, got);
  return out;
}

std::string pack(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 6));
  return packed;
}

}  // namespace

TEST_CASE("zstd: whole frames, several of them, and every way to be broken") {
  std::string text(5000, 'a');
  for (std::size_t i = 0; i < text.size(); i += 3) text[i] = static_cast<char>('a' + i % 17);
  const std::string packed = pack(text);
  CHECK(unpack(packed, ZstdReader::Frames::one) == text);
  CHECK(unpack(packed + packed, ZstdReader::Frames::many) == text + text);
  CHECK(unpack(pack(""), ZstdReader::Frames::one).empty());
  CHECK_THROWS_AS(unpack(packed + packed, ZstdReader::Frames::one), ZstdProblem);
  CHECK_THROWS_AS(unpack(packed + "x", ZstdReader::Frames::one), ZstdProblem);
  CHECK_THROWS_AS(unpack("", ZstdReader::Frames::one), ZstdProblem);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CHECK_THROWS_AS(unpack(packed.substr(0, size), ZstdReader::Frames::many), ZstdProblem);
  }
}

TEST_CASE("spool: a whole .zst input is unpacked once; one that ends too soon is corrupt") {
  const std::string text(100000, 'z');
  const std::string packed = pack(text);
  const test::TemporaryFile whole(packed);
  const auto input = open_input(whole.path(), {});
  CHECK(input->view(0, input->size()).text() == text);
  CHECK(input->name() == whole.path());
  const test::TemporaryFile cut(packed.substr(0, packed.size() - 3));
  CHECK_THROWS_AS(open_input(cut.path(), {}), CorruptError);
}

TEST_CASE("spool: an input that says it is larger than the room there is, is refused before it is copied") {
  const test::TemporaryFile packed(pack("head"));
  const auto too_much = [](ByteSpan head) -> std::optional<std::uint64_t> {
    CHECK(chars_of(head) == "head");
    return std::uint64_t{1} << 60;
  };
  CHECK_THROWS_AS(open_input(packed.path(), {.size_hint = too_much}), IoError);
}

TEST_CASE("identity: one file under two names is one, two files of the same bytes are two") {
  const test::TemporaryDirectory directory;
  const std::string one = directory.file("one");
  const std::string two = directory.file("two");
  test::write_file(one, "same");
  test::write_file(two, "same");
  std::filesystem::create_symlink(one, directory.file("link"));
  std::filesystem::create_hard_link(one, directory.file("hard"));
  const auto input = Input::open(one);
  CHECK(input->identity() == Input::open(directory.file("link"))->identity());
  CHECK(input->identity() == identity_at(directory.file("hard")));
  CHECK(input->identity() != Input::open(two)->identity());
  CHECK_FALSE(identity_at(directory.path()));
  CHECK_FALSE(identity_at(directory.file("none")));
}

TEST_CASE("identity: what is written to has another version, what takes its place another identity") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  test::write_file(path, "before");
  const auto before = Input::open(path);
  test::write_file(path, "afterwards");
  const auto after = Input::open(path);
  CHECK(after->identity() == before->identity());
  CHECK(after->version() != before->version());
  CHECK_THROWS_AS(before->require_unchanged(), IoError);
  test::write_file(directory.file("other"), "afterwards");
  std::filesystem::rename(directory.file("other"), path);
  CHECK(Input::open(path)->identity() != after->identity());
  CHECK_THROWS_AS(after->require_unchanged(), IoError);
}

namespace {

/// Bytes that lie in no file.
class TextInput final : public Input {
 public:
  explicit TextInput(std::string text)
      : Input("a text", Identity{}, Version{text.size(), 0, 0}), text_(std::move(text)) {}

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    require_range(offset, out.size());
    std::ranges::copy(bytes_of(text_).subspan(offset, out.size()), out.begin());
  }
  Bytes view(std::uint64_t offset, std::uint64_t length) const override {
    require_range(offset, length);
    return {bytes_of(text_).subspan(offset, length), {}};
  }
  void require_unchanged() const override {}
  std::uint64_t preferred_block_size() const override { return 1; }

 private:
  std::string text_;
};

}  // namespace

TEST_CASE("input: another kind than a file is read alike") {
  const TextInput text("0123456789");
  const Input& input = text;
  CHECK(input.size() == 10);
  CHECK(input.view(3, 4).text() == "3456");
  CHECK_THROWS_AS(input.view(8, 3), IoError);
  CHECK_THROWS_AS(input.view(11, 0), IoError);
}
