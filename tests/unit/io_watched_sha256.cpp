#include "io/watched_sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "hash/sha256.hpp"

using namespace aerotool;

namespace {

constexpr std::size_t kSize = 1 << 20;
constexpr std::size_t kHead = 1000;

struct Watched {
  Watched() : bytes(kSize) {
    for (std::size_t i = 0; i < kSize; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
    hash::Sha256 sha256;
    sha256.add(bytes);
    right = sha256.finish();
  }
  io::WatchedSha256::Read reader() {
    return [this](std::uint64_t offset, std::span<std::byte> out) {
      read_again += out.size();
      std::ranges::copy(ByteSpan(bytes).subspan(offset, out.size()), out.begin());
    };
  }
  std::vector<std::byte> bytes;
  Digest right{};
  std::uint64_t read_again = 0;
};

}  // namespace

TEST_CASE("watched SHA-256: reads in order, backwards and with padding between them") {
  constexpr std::size_t kPiece = 10'000;
  for (const bool backwards : {false, true}) {
    for (const std::size_t padding : {0, 17}) {
      Watched watched;
      io::WatchedSha256 sha256(kSize, kHead, watched.reader());
      CHECK(watched.read_again == kHead);
      std::vector<std::size_t> offsets;
      for (std::size_t offset = kHead; offset < kSize; offset += kPiece) offsets.push_back(offset);
      if (backwards) std::ranges::reverse(offsets);
      for (const std::size_t offset : offsets)
        sha256.add(offset,
                   ByteSpan(watched.bytes).subspan(offset, std::min(kPiece - padding, kSize - offset)));
      CHECK(sha256.finish() == watched.right);
      CHECK(watched.read_again <= kHead + offsets.size() * padding);
    }
  }
}

TEST_CASE("watched SHA-256: bytes that come twice, and bytes that nobody reads") {
  Watched watched;
  io::WatchedSha256 sha256(kSize, kHead, watched.reader());
  const auto add = [&](std::size_t begin, std::size_t end) {
    sha256.add(begin, ByteSpan(watched.bytes).subspan(begin, end - begin));
  };
  add(kHead, 5000);
  add(2000, 6000);
  add(2000, 3000);
  add(100'000, kSize - 50'000);
  CHECK(sha256.finish() == watched.right);
  CHECK(watched.read_again == kHead + 94'000 + 50'000);
}

TEST_CASE("watched SHA-256: a wrong byte is told, and of a part of the file nothing") {
  Watched watched;
  io::WatchedSha256 whole(kSize, kHead, watched.reader());
  auto wrong = watched.bytes;
  wrong[kSize / 2] ^= std::byte{1};
  whole.add(kHead, ByteSpan(wrong).subspan(kHead));
  CHECK(whole.finish().value() != watched.right);
  io::WatchedSha256 part(kSize, kHead, watched.reader());
  part.add(kHead, ByteSpan(watched.bytes).subspan(kHead, kSize / 2));
  CHECK_FALSE(part.finish());
}
