#include "hash/blake3.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/text.hpp"

using namespace aerotool;
using namespace aerotool::hash;

namespace {

std::vector<std::byte> pattern(std::size_t size) {
  // The official test vectors' input: 0, 1, ..., 250, 0, ...
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}

}  // namespace

TEST_CASE("blake3: digests of the official test vectors") {
  CHECK(to_hex(blake3({})) == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  CHECK(to_hex(blake3(pattern(1))) == "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213");
  CHECK(to_hex(blake3(pattern(1024))) == "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7");
  CHECK(to_hex(blake3(pattern(1025))) == "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444");
}

TEST_CASE("blake3: a tree whose leaves come in any order and run length has the digest of the whole") {
  std::mt19937_64 random(7);
  const std::vector<std::byte> bytes = pattern(std::size_t{600} * 1024 + 77);
  std::vector<std::size_t> sizes;
  for (std::size_t power = 0; power < 10; ++power) {
    for (const std::size_t near :
         {(std::size_t{1024} << power) - 1, std::size_t{1024} << power, (std::size_t{1024} << power) + 1}) {
      if (near <= bytes.size()) sizes.push_back(near);
    }
  }
  for (int i = 0; i < 60; ++i) sizes.push_back(random() % (bytes.size() + 1));
  sizes.push_back(bytes.size());
  for (const std::size_t size : sizes) {
    for (const std::size_t longest : {1U, 7U, 1000U}) {
      TreeHash tree(size);
      std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
      for (std::uint64_t leaf = 0; leaf < tree.leaves();) {
        const std::uint64_t count = std::min<std::uint64_t>(1 + random() % longest, tree.leaves() - leaf);
        runs.emplace_back(leaf, count);
        leaf += count;
      }
      std::shuffle(runs.begin(), runs.end(), random);
      std::optional<Digest> digest;
      for (std::size_t i = 0; i < runs.size(); ++i) {
        CHECK_FALSE(digest);
        const std::uint64_t begin = runs[i].first * kLeafBytes;
        const std::uint64_t end = std::min<std::uint64_t>(begin + runs[i].second * kLeafBytes, size);
        digest = tree.add(runs[i].first, ByteSpan(bytes).subspan(begin, end - begin));
      }
      CAPTURE(size);
      REQUIRE(digest);
      CHECK(*digest == blake3(ByteSpan(bytes).first(size)));
    }
  }
}
