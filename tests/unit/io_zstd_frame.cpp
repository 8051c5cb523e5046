// Zstd frames that are made and decoded as they are asked for.
#include "io/zstd_frame.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "hash/running_checksum.hpp"
#include "io/seekable_zstd.hpp"
#include "io/zstd_encoder.hpp"

using namespace aerotool;
using namespace aerotool::io;

namespace {

/// Bytes that compress, and are not all alike.
std::string sample(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    if (i % 7 == 0) state = state * 1'664'525 + 1'013'904'223;
    text[i] = static_cast<char>(state >> 24);
  }
  return text;
}

ReadAt reader_of(const std::string& text) {
  return [&text](std::uint64_t offset, std::span<std::byte> out) {
    REQUIRE(offset + out.size() <= text.size());
    std::ranges::copy(bytes_of(text).subspan(offset, out.size()), out.begin());
  };
}

/// All that an encoder makes, in pieces of an odd size.
template <typename Encoder>
std::string all_of(Encoder&& encoder) {
  std::string made;
  std::vector<std::byte> piece(1001);
  for (;;) {
    const std::size_t count = encoder.next(piece);
    made += chars_of(ByteSpan(piece).first(count));
    if (count < piece.size()) return made;
  }
}

std::string frame_of(const std::string& text) {
  return all_of(ZstdFrameEncoder(reader_of(text), 0, text.size(), {.level = 3, .checksum = false}));
}

std::string read_text(const ZstdFrame& frame, std::uint64_t offset, std::size_t length) {
  std::vector<std::byte> out(length);
  frame.read(offset, out);
  return std::string(chars_of(ByteSpan(out)));
}

std::string problem_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const ZstdProblem& problem) {
    return problem.what();
  }
  return {};
}

constexpr std::size_t kLarge = 5'000'000;  // more than is kept of what was decoded

}  // namespace

TEST_CASE("zstd frame: runs come in order, ahead and from what is kept") {
  const std::string text = sample(2'000'000);
  const std::string stored = frame_of(text);
  CHECK(stored.size() < text.size());
  const ZstdFrame frame(reader_of(stored), {.stored = stored.size(), .decoded = text.size()});
  for (const std::uint64_t offset : {0U, 500'000U, 400'000U, 1'900'000U, 0U})
    CHECK(read_text(frame, offset, 100'000) == text.substr(offset, 100'000));
}

TEST_CASE("zstd frame: what is no longer kept is decoded from the beginning once more") {
  const std::string text = sample(kLarge);
  const std::string stored = frame_of(text);
  const ZstdFrame frame(reader_of(stored), {.stored = stored.size(), .decoded = text.size()});
  CHECK(read_text(frame, kLarge - 10, 10) == text.substr(kLarge - 10));
  CHECK(read_text(frame, 5, 100) == text.substr(5, 100));
}

TEST_CASE("zstd frame: an empty one has nine bytes, and is checked by reading nothing") {
  const std::string stored = frame_of({});
  CHECK(stored.size() == 9);
  const ZstdFrame frame(reader_of(stored), {.stored = 9, .decoded = 0});
  CHECK(read_text(frame, 0, 0).empty());
  const ZstdFrame broken(reader_of(stored), {.stored = 8, .decoded = 0});
  CHECK(problem_of([&] { broken.read(0, {}); }) == "the zstd data ends too soon");
}

TEST_CASE("zstd frame: sizes that are not so are told as often as it is read") {
  const std::string text = sample(1'000'000);
  const std::string stored = frame_of(text);
  const ZstdFrame shorter(reader_of(stored), {.stored = stored.size(), .decoded = 999'999});
  for (int i = 0; i < 2; ++i)
    CHECK(problem_of([&] { read_text(shorter, 0, 999'999); }) ==
          "the zstd frame decodes to more than 999,999 bytes");
  const ZstdFrame longer(reader_of(stored), {.stored = stored.size(), .decoded = 1'000'001});
  for (int i = 0; i < 2; ++i)
    CHECK(problem_of([&] { read_text(longer, 0, 1'000'001); }) ==
          "the zstd frame decodes to 1,000,000 bytes, not to 1,000,001");
  CHECK(read_text(longer, 0, 10) == text.substr(0, 10));
  const std::string two = stored + "x";
  const ZstdFrame followed(reader_of(two), {.stored = two.size(), .decoded = 1'000'000});
  CHECK(problem_of([&] { read_text(followed, 0, 1'000'000); }) == "bytes follow the zstd frame");
}

TEST_CASE("zstd frame: the stored bytes are held to their hash when the end is read") {
  const std::string text = sample(1'000'000);
  const std::string stored = frame_of(text);
  hash::RunningChecksum running(hash::Algorithm::crc32c);
  running.add(bytes_of(stored));
  hash::Checksum checksum = running.finish(hash::Checksum::Over::stored);
  const ZstdFrame sound(reader_of(stored), {.stored = stored.size(), .decoded = 1'000'000}, checksum);
  CHECK(read_text(sound, 0, 1'000'000) == text);
  checksum.value[0] ^= std::byte{1};
  const ZstdFrame other(reader_of(stored), {.stored = stored.size(), .decoded = 1'000'000}, checksum);
  CHECK(read_text(other, 0, 10) == text.substr(0, 10));
  CHECK_THROWS_AS(read_text(other, 0, 1'000'000), StoredHashProblem);
}

TEST_CASE("zstd frame: its size is found by decoding, up to a bound") {
  const std::string stored = frame_of(sample(300'000));
  CHECK(decoded_size_of_frame(reader_of(stored), stored.size(), 300'000) == 300'000);
  CHECK(problem_of([&] { decoded_size_of_frame(reader_of(stored), stored.size(), 299'999); }) ==
        "the zstd frame decodes to more than 299,999 bytes");
}

TEST_CASE("zstd encoder: rows of frames with a table decode at any place") {
  const std::string text = sample(250'001);
  const std::string stored = all_of(SeekableZstdEncoder(reader_of(text), text.size(), 100'000, 3));
  const SeekableZstd frames(reader_of(stored), stored.size());
  CHECK(frames.size() == text.size());
  CHECK(frames.unit() == 100'000);
  std::vector<std::byte> out(60'000);
  frames.read(150'000, out);
  CHECK(chars_of(ByteSpan(out)) == text.substr(150'000, 60'000));
  // No frames: src/formats/ztensor/FORMAT.md, "Encoding `zt.zstd-seekable/1`".
  CHECK(all_of(SeekableZstdEncoder(reader_of(text), 0, 100'000, 3)).size() == 17);
}
