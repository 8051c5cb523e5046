// The grids of the IQ types against ggml's: few of their points occur in the vectors.
#include <doctest/doctest.h>

#include <string>

#include "codecs/ggml/expansion.hpp"
#include "codecs/ggml/grids.hpp"
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "hash/sha256.hpp"

namespace aerotool {
namespace {

using namespace ggml::kernels;

/// Of the values in their order, each divided by `unit`, as bytes.
template <std::size_t Points, std::size_t Values>
std::string digest_of(const Grid<Points, Values>& grid, int unit = 1) {
  std::string bytes;
  for (const auto& point : grid) {
    for (const std::int8_t value : point) {
      REQUIRE(value % unit == 0);
      bytes += static_cast<char>(value / unit);
    }
  }
  hash::Sha256 digest;
  digest.add(bytes_of(bytes));
  return to_hex(digest.finish());
}

// The SHA-256 of ggml's arrays as they lie in the memory of a little-endian machine.
TEST_CASE("ggml: the grids are ggml's") {
  CHECK(digest_of(kGridIq2Xxs) == "05826b5d3e472a3a78f196be62ac78acf81df0f909626e12ab9fa2a5d490dd54");
  CHECK(digest_of(kGridIq2Xs) == "06e47aaca60b4dc1d9b5a3f34540437058a6b142b4d7a59d5ded769b4d1bf1de");
  CHECK(digest_of(kGridIq2S) == "e1aa1473412b0552c2174c30ef22ab4073f6a181b85a17056e8249bd2932fd88");
  CHECK(digest_of(kGridIq3Xxs) == "46e35f5a997efdee6c99ce57854c8a0d4f0ff8ca57e5e8a60c0793ea580acf5d");
  CHECK(digest_of(kGridIq3S) == "bd1af4945a1717c65610b0284e4628b9a1ba3b306fae3a06f6e5f597356e349f");
  CHECK(digest_of(kGridIq1, 8) == "07540ffc1aeaf6ad4d97e96b0fcc765aae39671d4ae4a27bbd0e796fde167c6a");
}

TEST_CASE("ggml: seven bits of signs are made an even number") {
  std::string bytes;
  for (const BitMasks& masks : kEvenBitMasks) {
    unsigned byte = 0;
    for (unsigned i = 0; i < masks.size(); ++i) byte |= (masks[i] & 1U) << i;
    bytes += static_cast<char>(byte);
  }
  hash::Sha256 digest;
  digest.add(bytes_of(bytes));
  // Of ggml's ksigns_iq2xs.
  CHECK(to_hex(digest.finish()) == "a76742a603f8beca5212ecce0f1f02f11a4887fd2f7c8b15aca0ea3eb3380c31");
}

}  // namespace
}  // namespace aerotool
