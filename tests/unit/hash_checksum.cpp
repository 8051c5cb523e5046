// Digests with what they are, and CRC32C.
#include "hash/checksum.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "hash/blake3.hpp"
#include "hash/checksum_list.hpp"
#include "hash/crc32.hpp"
#include "hash/crc32_ways.hpp"
#include "hash/crc32c.hpp"
#include "hash/crc32c_ways.hpp"
#include "hash/running_checksum.hpp"
#include "hash/xxh3.hpp"

using namespace aerotool;
using namespace aerotool::hash;

TEST_CASE("checksum: algorithms have names and widths") {
  for (const Algorithm algorithm :
       {Algorithm::blake3, Algorithm::sha256, Algorithm::crc32c, Algorithm::xxh3, Algorithm::crc32})
    CHECK(algorithm_named(name_of(algorithm)) == algorithm);
  CHECK(width_of(Algorithm::sha256) == 32);
  CHECK(width_of(Algorithm::crc32c) == 4);
  CHECK(!algorithm_named("md5"));
  CHECK(resists_forgery(Algorithm::blake3));
  CHECK(!resists_forgery(Algorithm::xxh3));
}

TEST_CASE("checksum: numbers and text come back") {
  const Checksum crc = checksum_of(Algorithm::crc32c, 0x9c52d81a, Checksum::Over::stored);
  CHECK(crc.bytes().size() == 4);
  CHECK(number_of(crc) == 0x9c52d81a);
  CHECK(to_string(crc) == "crc32c:9c52d81a");
  CHECK(parse_checksum("crc32c:9C52d81a", Checksum::Over::stored) == crc);
  CHECK(parse_checksum("crc32c:9c52d81a") != crc);
  const Checksum xxh3 = checksum_of(Algorithm::xxh3, 0x0123456789abcdef);
  CHECK(to_string(xxh3) == "xxh3:0123456789abcdef");
  CHECK(number_of(xxh3) == 0x0123456789abcdef);
  const Checksum blake3 = checksum_of(Algorithm::blake3, hash::blake3({}));
  CHECK(parse_checksum(to_string(blake3)) == blake3);
  for (const char* text : {"", "crc32c", "crc32c:", "crc32c:9c52d8", "crc32c:9c52d81a00", "crc32c:9c52d81g",
                           "md5:d41d8cd98f00b204e9800998ecf8427e", ":9c52d81a"})
    CHECK(!parse_checksum(text));
}

namespace {

using Crc32cWay = std::uint32_t (*)(ByteSpan bytes, std::uint32_t before);

std::vector<Crc32cWay> ways_of_this_processor() {
  std::vector<Crc32cWay> ways = {&crc32c, &crc32c_by_tables};
  if (has_crc32c_instruction()) ways.push_back(&crc32c_by_instruction);
  return ways;
}

std::vector<std::byte> random_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::uint32_t random = 1;
  for (std::byte& byte : bytes) {
    random = random * 1664525 + 1013904223;
    byte = static_cast<std::byte>(random >> 24);
  }
  return bytes;
}

}  // namespace

TEST_CASE("crc32c: the vectors of RFC 3720") {
  for (const Crc32cWay way : ways_of_this_processor()) {
    std::string bytes(32, '\0');
    CHECK(way(bytes_of(bytes), 0) == 0x8a9136aa);
    CHECK(way(bytes_of(std::string(32, '\xff')), 0) == 0x62a8ab43);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
    CHECK(way(bytes_of(bytes), 0) == 0x46dd794e);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(31 - i);
    CHECK(way(bytes_of(bytes), 0) == 0x113fdb5c);
    CHECK(way(bytes_of(std::string_view("123456789")), 0) == 0xe3069283);
    CHECK(way({}, 0) == 0);
    CHECK(way({}, 0x12345678) == 0x12345678);
  }
}

TEST_CASE("crc32c: the instruction and the tables agree on all lengths and beginnings") {
  if (!has_crc32c_instruction()) return;
  const std::vector<std::byte> bytes = random_bytes(100'000);
  const auto agree = [&](std::size_t begin, std::size_t size) {
    const ByteSpan run = ByteSpan(bytes).subspan(begin, size);
    const std::uint32_t before = static_cast<std::uint32_t>(begin) * 0x9e3779b9;
    return crc32c_by_instruction(run, before) == crc32c_by_tables(run, before);
  };
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; size <= 300; ++size) {
      INFO(size << " bytes from " << begin << " on");
      CHECK(agree(begin, size));
    }
    // Around one and several times what is taken as runs side by side.
    for (const std::size_t runs : std::initializer_list<std::size_t>{768, 1536, 12'288, 13'056, 49'152}) {
      for (std::size_t size = runs - 9; size <= runs + 9; ++size) {
        INFO(size << " bytes from " << begin << " on");
        CHECK(agree(begin, size));
      }
    }
  }
}

TEST_CASE("crc32c: runs of bytes are put together") {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>(i * i >> 3);
  const ByteSpan all = bytes_of(bytes);
  for (const std::size_t cut : std::initializer_list<std::size_t>{0, 1, 7, 8, 1025, 2999, 3000}) {
    const ByteSpan first = all.first(cut);
    const ByteSpan second = all.subspan(cut);
    CHECK(crc32c(second, crc32c(first)) == crc32c(all));
    CHECK(crc32c_joined(crc32c(first), crc32c(second), second.size()) == crc32c(all));
  }
}

TEST_CASE("crc32: as zlib's crc32() gives it") {
  CHECK(crc32(bytes_of(std::string_view("123456789"))) == 0xcbf43926);
  CHECK(crc32(bytes_of(std::string(32, '\0'))) == 0x190a55ad);
  CHECK(crc32(bytes_of(std::string(32, '\xff'))) == 0xff6cab0b);
  CHECK(crc32(bytes_of(std::string(1000, '\x07'))) == 0x459830dc);
  CHECK(crc32({}) == 0);
}

TEST_CASE("crc32: products and tables agree on all lengths and beginnings") {
  if (!has_polynomial_products()) return;
  const std::vector<std::byte> bytes = random_bytes(10'000);
  for (std::size_t begin = 0; begin < 17; ++begin) {
    for (std::size_t size = 0; size <= 400; ++size) {
      INFO(size << " bytes from " << begin << " on");
      const ByteSpan run = ByteSpan(bytes).subspan(begin, size);
      const std::uint32_t before = static_cast<std::uint32_t>(begin) * 0x9e3779b9;
      CHECK(crc32_by_products(run, before) == crc32_by_tables(run, before));
    }
    const ByteSpan rest = ByteSpan(bytes).subspan(begin);
    CHECK(crc32_by_products(rest) == crc32_by_tables(rest));
  }
}

TEST_CASE("crc32: a run that comes in pieces, the last ones first") {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>(i * i >> 3);
  const ByteSpan all = bytes_of(bytes);
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 7, 1024, 2999, 3000}) {
    CAPTURE(size);
    Crc32OfPieces pieces(all.size());
    for (std::size_t end = all.size(); end > 0;) {
      const std::size_t begin = end - std::min(end, size);
      pieces.add(begin, all.subspan(begin, end - begin));
      end = begin;
    }
    CHECK(pieces.value() == crc32(all));
  }
  CHECK(Crc32OfPieces(0).value() == 0);
}

TEST_CASE("xxh3: bytes at once and in pieces") {
  // As `xxhsum -H3` of xxHash 0.8.1 prints them.
  CHECK(xxh3({}) == 0x2d06800538d394c2);
  CHECK(xxh3(bytes_of(std::string_view("123456789"))) == 0x72dcb18b67a17dff);
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>(i * i >> 3);
  CHECK(xxh3(bytes_of(bytes)) == 0x0c6bd6aa43649a28);
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 7, 256, 1025}) {
    Xxh3 pieces;
    for (std::size_t at = 0; at < bytes.size(); at += step) pieces.add(bytes_of(bytes.substr(at, step)));
    CHECK(pieces.finish() == xxh3(bytes_of(bytes)));
  }
}

TEST_CASE("checksum: bytes that come in order, by any algorithm") {
  const auto of = [](Algorithm algorithm) {
    RunningChecksum running(algorithm);
    running.add(bytes_of(std::string_view("1234")));
    running.add({});
    running.add(bytes_of(std::string_view("56789")));
    return to_string(running.finish());
  };
  CHECK(of(Algorithm::crc32c) == "crc32c:e3069283");
  CHECK(of(Algorithm::sha256) == "sha256:15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  CHECK(of(Algorithm::xxh3) == "xxh3:72dcb18b67a17dff");
  CHECK(of(Algorithm::crc32) == "crc32:cbf43926");
  CHECK(of(Algorithm::blake3) ==
        to_string(checksum_of(Algorithm::blake3, blake3(bytes_of(std::string_view("123456789"))))));
  RunningChecksum none(Algorithm::crc32c);
  CHECK(none.finish(Checksum::Over::stored) ==
        checksum_of(Algorithm::crc32c, std::uint64_t{0}, Checksum::Over::stored));
}

TEST_CASE("checksum list: each is what it was, whatever stands beside it") {
  ChecksumList list;
  list.resize(3);
  const Checksum narrow = checksum_of(Algorithm::crc32c, 0x9c52d81a, Checksum::Over::stored);
  const Checksum wide = checksum_of(Algorithm::sha256, blake3(bytes_of("some")), Checksum::Over::decoded);
  const Checksum middle = checksum_of(Algorithm::xxh3, 0x0123456789abcdef);
  list.set(2, narrow);
  CHECK(!list.has(0));
  list.set(0, wide);
  list.resize(5);
  list.set(4, middle);
  CHECK(list.size() == 5);
  CHECK(list.at(0) == wide);
  CHECK(!list.has(1));
  CHECK(list.at(2) == narrow);
  CHECK(!list.has(3));
  CHECK(list.at(4) == middle);
}
