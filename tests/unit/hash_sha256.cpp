#include <doctest/doctest.h>

#include <string>

#include "core/text.hpp"
#include "hash/sha256.hpp"

using namespace aerotool;

namespace {

std::string sha256(std::string_view text, std::size_t step) {
  hash::Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += step) hash.add(bytes_of(text.substr(at, step)));
  return to_hex(hash.finish());
}

}  // namespace

// FIPS 180-4's examples.
TEST_CASE("SHA-256: the standard's examples, in one piece and in many") {
  CHECK(sha256("", 1) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (const std::size_t step : {1U, 3U, 64U, 1000U}) {
    CHECK(sha256("abc", step) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256(two_blocks, step) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  }
}
