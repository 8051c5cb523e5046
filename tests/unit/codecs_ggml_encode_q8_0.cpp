// Q8_0 against the blocks that ggml's reference makes.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "codecs/ggml/decode.hpp"
#include "codecs/ggml/encode_q8_0.hpp"
#include "core/bytes.hpp"
#include "npy_numbers.hpp"

namespace aerotool {
namespace {

constexpr std::size_t kRow = 256;
constexpr std::size_t kRowBytes = kRow / 32 * 34;

TEST_CASE("ggml: Q8_0 is made byte for byte as ggml makes it, and refused where its scale overflows") {
  const std::vector<float> values = test::npy_floats("dequant/quantize-f32.npy");
  const std::string expected = test::npy_bytes("dequant/quantize-q8_0.npy", "|u1");
  REQUIRE(values.size() == 16 * kRow);
  REQUIRE(expected.size() == 16 * kRowBytes);
  for (std::size_t row = 0; row < 16; ++row) {
    CAPTURE(row);
    std::string out(kRowBytes, '\0');
    const bool made = ggml::encode_q8_0(std::span(values).subspan(row * kRow, kRow),
                                        std::as_writable_bytes(std::span(out)));
    CHECK(made == (row != 6 && row != 7));
    if (made) CHECK(out == expected.substr(row * kRowBytes, kRowBytes));
  }
}

struct Encoded {
  std::array<std::byte, 34> block{};  // before what is made of it
  bool made = false;

  explicit Encoded(const std::array<float, 32>& values) : made(ggml::encode_q8_0(values, block)) {}
  unsigned scale() const { return load_le<std::uint16_t>(block); }
  int quant(std::size_t i) const { return static_cast<std::int8_t>(block[2 + i]); }
};

TEST_CASE("ggml: Q8_0 rounds halves away from zero") {
  // The scale is 1.
  const Encoded encoded({127, 0.5F, -0.5F, 1.5F, -1.5F, 2.5F, -2.5F, std::nextafter(0.5F, 0.0F),
                         std::nextafter(-0.5F, 0.0F), 126.5F, -126.5F, std::nextafter(126.5F, 0.0F)});
  REQUIRE(encoded.made);
  CHECK(encoded.scale() == 0x3c00);
  const std::array expected = {127, 1, -1, 2, -2, 3, -3, 0, 0, 127, -127, 126, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(encoded.quant(i) == expected[i]);
}

TEST_CASE("ggml: Q8_0 takes scales up to what F16 rounds to a number, and no NaN") {
  const float largest = std::nextafter(127.0F * 65520.0F, 0.0F);
  const Encoded fits({-largest});
  REQUIRE(fits.made);
  CHECK(fits.scale() == 0x7bff);
  CHECK(fits.quant(0) == -127);
  CHECK_FALSE(Encoded({127.0F * 65520.0F}).made);
  CHECK_FALSE(Encoded({0, std::numeric_limits<float>::infinity()}).made);
  CHECK_FALSE(Encoded({0, -std::numeric_limits<float>::infinity()}).made);
  CHECK_FALSE(Encoded({0, 1, std::numeric_limits<float>::quiet_NaN()}).made);
}

TEST_CASE("ggml: Q8_0 of numbers whose scale F16 rounds to nothing keeps its integers, as ggml does") {
  const Encoded small({0x1p-24F, -0x1p-25F});
  REQUIRE(small.made);
  CHECK(small.scale() == 0);
  CHECK(small.quant(0) == 127);
  CHECK(small.quant(1) == -64);
  // So small that the scale's inverse is infinite.
  const Encoded subnormal({0x1p-140F});
  REQUIRE(subnormal.made);
  CHECK(subnormal.scale() == 0);
  CHECK(subnormal.quant(0) == 0);
}

TEST_CASE("ggml: Q8_0 finds what it cannot hold in any group of many") {
  std::vector<float> values(std::size_t{32} * 200, 1.0F);
  std::vector<std::byte> out(std::size_t{34} * 200);
  REQUIRE(ggml::encode_q8_0(values, out));
  std::vector<float> back(values.size());
  ggml::block_decoder(8)->decode(out, back);
  for (const float number : back) CHECK(std::abs(number - 1.0F) < 1e-3F);
  for (const std::size_t group : {0U, 63U, 64U, 199U}) {
    std::vector<float> broken = values;
    broken[group * 32 + 31] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(ggml::encode_q8_0(broken, out));
  }
}

}  // namespace
}  // namespace aerotool
