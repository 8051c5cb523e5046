// zstd frames with a table of them.
#include "io/seekable_zstd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <random>
#include <string>
#include <thread>

#include "core/error.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;

namespace {

struct Made {
  std::size_t frame_size = 1000;
  int level = 3;
  bool frame_checksums = true;
  bool table_checksums = false;
};

std::string number(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string frame_of(std::string_view bytes, const Made& how) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, how.frame_checksums ? 1 : 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, how.level);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size()));
  return out;
}

std::string table_of(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& sizes,
                     bool checksums = false) {
  std::string table = number(0x184d2a5e, 4) + number(sizes.size() * (checksums ? 12 : 8) + 9, 4);
  for (const auto& [stored, decoded] : sizes)
    table += number(stored, 4) + number(decoded, 4) + (checksums ? number(0, 4) : "");
  return table + number(sizes.size(), 4) + number(checksums ? 0x80 : 0, 1) + number(0x8f92eab1, 4);
}

std::string made(std::string_view bytes, const Made& how = {}) {
  std::string frames;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sizes;
  for (std::size_t at = 0; at < bytes.size(); at += how.frame_size) {
    const std::string_view piece = bytes.substr(at, how.frame_size);
    const std::string frame = frame_of(piece, how);
    sizes.emplace_back(frame.size(), piece.size());
    frames += frame;
  }
  return frames + table_of(sizes, how.table_checksums);
}

ReadAt reading(const std::string& bytes) {
  return [&bytes](std::uint64_t offset, std::span<std::byte> out) {
    REQUIRE(offset + out.size() <= bytes.size());
    std::ranges::copy(bytes_of(std::string_view(bytes).substr(offset, out.size())), out.begin());
  };
}

std::string text_of(std::size_t size) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < size) text += std::string(random() % 9 + 1, static_cast<char>('a' + random() % 26));
  text.resize(size);
  return text;
}

std::string read_of(const SeekableZstd& decoder, std::uint64_t offset, std::size_t length) {
  std::string out(length, '\0');
  decoder.read(offset, std::as_writable_bytes(std::span(out)));
  return out;
}

/// What is wrong with bytes; empty where all of them can be read.
std::string problem_of(const std::string& bytes) {
  try {
    const SeekableZstd decoder(reading(bytes), bytes.size());
    read_of(decoder, 0, decoder.size());
    return {};
  } catch (const ZstdProblem& problem) {
    return problem.what();
  }
}

}  // namespace

TEST_CASE("seekable zstd: every range of what frames decode to") {
  const std::string text = text_of(10500);
  for (const std::size_t frame_size :
       {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{10500}, std::size_t{1} << 20}) {
    const std::string bytes = made(text, {.frame_size = frame_size, .table_checksums = frame_size == 7});
    const SeekableZstd decoder(reading(bytes), bytes.size());
    CHECK(decoder.size() == text.size());
    CHECK(decoder.unit() == std::min(frame_size, text.size()));
    for (std::size_t offset = 0; offset < text.size(); offset += 997) {
      CHECK(read_of(decoder, offset, std::min<std::size_t>(3001, text.size() - offset)) ==
            text.substr(offset, 3001));
    }
    CHECK(read_of(decoder, 0, text.size()) == text);
    CHECK(read_of(decoder, text.size(), 0).empty());
  }
}

TEST_CASE("seekable zstd: nothing at all") {
  const std::string bytes = table_of({});
  CHECK(bytes.size() == 17);
  CHECK(SeekableZstd(reading(bytes), bytes.size()).size() == 0);
}

TEST_CASE("seekable zstd: several threads read on") {
  const std::string text = text_of(300000);
  const std::string bytes = made(text, {.frame_size = 10000});
  const SeekableZstd decoder(reading(bytes), bytes.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> wrong{0};
  constexpr std::size_t kBlock = 2500;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next.fetch_add(kBlock); at < text.size(); at = next.fetch_add(kBlock)) {
        if (read_of(decoder, at, kBlock) != text.substr(at, kBlock)) ++wrong;
      }
    });
  }
  threads.clear();
  CHECK(wrong == 0);
}

TEST_CASE("seekable zstd: one broken frame is told to those who read it alone") {
  const std::string text = text_of(5000);
  std::string bytes = made(text);
  const SeekTable table = read_seek_table(reading(bytes), bytes.size());
  bytes[table.stored_begin(2) + 20] ^= 1;
  const SeekableZstd decoder(reading(bytes), bytes.size());
  std::atomic<std::size_t> told{0};
  std::atomic<std::size_t> right{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      try {
        if (read_of(decoder, 250 * i, 250) == text.substr(250 * i, 250)) ++right;
      } catch (const ZstdProblem&) {
        if (i / 4 == 2) ++told;
      }
    });
  }
  threads.clear();
  CHECK(told == 4);
  CHECK(right == 16);
}

TEST_CASE("seekable zstd: a frame that could not be read ahead is told of once, to the one who asks for it") {
  const std::string text = text_of(3000);
  const std::string bytes = made(text);
  const std::uint64_t second = read_seek_table(reading(bytes), bytes.size()).ends[0];
  std::atomic<bool> begun{false};
  std::atomic<bool> failed{false};
  const ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
    if (offset == 0) {
      begun = true;
      // Another thread meanwhile reads the second frame.
      while (!failed) std::this_thread::yield();
    } else if (offset == second && !failed) {
      failed = true;
      throw system_error("file", "cannot be read", EIO);
    }
    reading(bytes)(offset, out);
  };
  const SeekableZstd decoder(read, bytes.size());
  std::jthread other([&] { CHECK(read_of(decoder, 0, 10) == text.substr(0, 10)); });
  while (!begun) std::this_thread::yield();
  CHECK(read_of(decoder, 0, 10) == text.substr(0, 10));
  CHECK(failed);
  CHECK_THROWS_AS(read_of(decoder, 1000, 10), IoError);
  CHECK(read_of(decoder, 1000, 10) == text.substr(1000, 10));
}

TEST_CASE("seekable zstd: what is wrong with a table or a frame") {
  const std::string text = text_of(2500);
  const std::string good = made(text);
  CHECK(problem_of(good).empty());
  const std::string frame = frame_of(text_of(1000), {});
  const auto with_table = [&](const std::vector<std::pair<std::uint64_t, std::uint64_t>>& sizes) {
    return problem_of(frame + table_of(sizes));
  };
  CHECK(with_table({{frame.size(), 1000}}).empty());
  CHECK(with_table({{frame.size(), 999}}).find("zstd frame 0 is broken") == 0);
  CHECK(with_table({{frame.size(), 1001}}) ==
        "zstd frame 0 decodes to 1,000 bytes, and the table says 1,001");
  CHECK(with_table({{frame.size() + 1, 1000}}) ==
        "the table of frames describes other data than lies before it");
  CHECK(with_table({{frame.size() / 2, 500}, {frame.size() - frame.size() / 2, 501}}) ==
        "frame 1 decodes to another size than the ones before");
  CHECK(with_table({{9, 500}, {9, 499}, {frame.size() - 18, 499}}) ==
        "frame 1 decodes to another size than the ones before");
  CHECK(with_table({{frame.size(), 0}}) == "frame 0 decodes to 0 bytes, which is not allowed");
  CHECK(with_table({{frame.size(), (16 << 20) + 1}}) ==
        "frame 0 decodes to 16,777,217 bytes, which is not allowed");
  CHECK(with_table({{1U << 31, 1}}) == "frame 0 is longer than what it decodes to");
  const Made unchecked{.frame_checksums = false};
  CHECK(problem_of(made(text, unchecked)) == "zstd frame 0 has no checksum");
  CHECK(problem_of("") == "the data is too short for a table of its frames");
  CHECK(problem_of(good + "x") == "the data does not end with a table of its frames");
  CHECK(problem_of(good.substr(0, good.size() - 1)) == "the data does not end with a table of its frames");
  std::string other = good;
  other[other.size() - 5] = 1;
  CHECK(problem_of(other) == "the table of frames is of a kind that is not known");
  other = good;
  other[other.size() - 9] = 4;
  CHECK(problem_of(other) == "the table of frames does not begin where it should");
  other[other.size() - 7] = 16;
  CHECK(problem_of(other) == "a table of 1,048,580 frames; at most 1,048,576 are read");
  other[other.size() - 7] = 1;
  CHECK(problem_of(other) == "the table of frames is longer than the data");
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string flipped = good;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    problem_of(flipped);
  }
}
