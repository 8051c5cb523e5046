// Hashes that need their bytes in order, over reads that are not.
#include "transfer/ordered_checksums.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "hash/running_checksum.hpp"
#include "hash/xxh3.hpp"

using namespace aerotool;

namespace {

std::string sample(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

/// A run of bytes, and how often it was read again.
struct Run {
  std::string text;
  std::uint64_t bytes_read = 0;
  OrderedChecksums checksums{[this](std::size_t run, std::uint64_t offset, std::span<std::byte> out) {
    CHECK(run == 7);
    bytes_read += out.size();
    std::ranges::copy(bytes_of(text).subspan(offset, out.size()), out.begin());
  }};

  explicit Run(std::size_t size, hash::Algorithm algorithm = hash::Algorithm::xxh3) : text(sample(size)) {
    checksums.want(7, algorithm, size);
  }
  void add(std::uint64_t offset, std::size_t length) {
    checksums.add(7, offset, bytes_of(text).subspan(offset, length));
  }
  bool is_right() { return hash::number_of(checksums.finish(7)) == hash::xxh3(bytes_of(text)); }
};

}  // namespace

TEST_CASE("ordered checksums: pieces may come in any order") {
  Run run(1000);
  run.add(900, 100);
  run.add(300, 600);
  run.add(0, 100);
  run.add(100, 200);
  CHECK(run.is_right());
  CHECK(run.bytes_read == 0);
}

TEST_CASE("ordered checksums: what is too far ahead is read again") {
  constexpr std::size_t kPiece = 8 << 20;
  Run run(5 * kPiece);
  for (const std::size_t piece : {1U, 2U, 3U, 4U, 0U}) run.add(piece * kPiece, kPiece);
  CHECK(run.is_right());
  CHECK(run.bytes_read == 2 * kPiece);
}

TEST_CASE("ordered checksums: what nobody brought is read, and nothing is a run as well") {
  Run run(100);
  CHECK(run.is_right());
  CHECK(run.bytes_read == 100);
  Run empty(0);
  CHECK(empty.is_right());
}

TEST_CASE("ordered checksums: of CRCs nothing has to wait for its turn") {
  constexpr std::size_t kPiece = 8 << 20;
  for (const hash::Algorithm algorithm : {hash::Algorithm::crc32, hash::Algorithm::crc32c}) {
    Run run(4 * kPiece + 1, algorithm);
    run.add(kPiece, 3 * kPiece + 1);
    run.add(0, kPiece);
    hash::RunningChecksum whole(algorithm);
    whole.add(bytes_of(run.text));
    CHECK(run.checksums.finish(7).value == whole.finish().value);
    CHECK(run.bytes_read == 0);
    // What does not come at all is read.
    Run half(1000, algorithm);
    half.add(500, 500);
    hash::RunningChecksum other(algorithm);
    other.add(bytes_of(half.text));
    CHECK(half.checksums.finish(7).value == other.finish().value);
    CHECK(half.bytes_read == 1000);
  }
}

TEST_CASE("ordered checksums: threads bring pieces side by side") {
  constexpr std::size_t kPieces = 400;
  Run run(kPieces * 1000);
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < 4; ++first) {
    threads.emplace_back([&run, first] {
      for (std::size_t piece = first; piece < kPieces; piece += 4) run.add(piece * 1000, 1000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(run.is_right());
}

TEST_CASE("ordered checksums: runs that nobody wants are passed over") {
  Run run(10);
  run.checksums.add(8, 0, bytes_of(run.text));
  CHECK(run.checksums.wants(7));
  CHECK_FALSE(run.checksums.wants(8));
}
