#include "core/checked.hpp"

#include <doctest/doctest.h>

#include "core/bytes.hpp"

using namespace aerotool;

namespace {
constexpr std::uint64_t kMax = ~std::uint64_t{0};
}

TEST_CASE("checked: sums, products and alignments that pass 2^64 have no value") {
  CHECK(checked_add(kMax - 1, 1) == kMax);
  CHECK_FALSE(checked_add(kMax, 1));
  CHECK(checked_mul(std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1));
  CHECK_FALSE(checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32));
  CHECK(checked_align(17, 16) == 32);
  CHECK(checked_align(32, 16) == 32);
  CHECK_FALSE(checked_align(kMax - 3, 16));
}

TEST_CASE("checked: a range fits where neither its beginning nor its end passes the container") {
  CHECK(range_fits(0, 0, 0));
  CHECK(range_fits(10, 0, 10));
  CHECK(range_fits(3, 7, 10));
  CHECK_FALSE(range_fits(3, 8, 10));
  CHECK_FALSE(range_fits(11, 0, 10));
  CHECK_FALSE(range_fits(kMax, 2, 10));
  CHECK_FALSE(range_fits(2, kMax, 10));
}

TEST_CASE("bytes: little-endian numbers at any offset") {
  std::array<std::byte, 11> bytes{};
  store_le(bytes, 3, std::uint64_t{0x0807060504030201});
  CHECK(std::to_integer<int>(bytes[3]) == 1);
  CHECK(std::to_integer<int>(bytes[10]) == 8);
  CHECK(load_le<std::uint64_t>(bytes, 3) == 0x0807060504030201);
  CHECK(load_le<std::uint16_t>(bytes, 3) == 0x0201);
  CHECK(load_le<std::uint32_t>(bytes, 5) == 0x06050403);
}
