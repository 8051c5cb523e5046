// NaN, infinities and zeros: what each dtype calls so, and that no element is missed or counted twice
// wherever a tensor lies.
#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "io/pipeline.hpp"
#include "model/ggml_dtype.hpp"
#include "model/value_rules.hpp"
#include "model/value_scan.hpp"

using namespace aerotool;

namespace {

std::vector<std::byte> from_digits(std::string_view digits) {
  std::vector<std::byte> bytes(digits.size() / 2);
  REQUIRE(from_hex(digits, bytes));
  return bytes;
}

ValueCounts counted(const DType& dtype, ByteSpan bytes) {
  const ValueRule* rule = value_rule(dtype);
  REQUIRE(rule != nullptr);
  ValueCounts counts;
  rule->count(bytes, 0, counts);
  return counts;
}

ValueCounts counted(std::string_view dtype, std::string_view digits) {
  return counted(*dtype_named(dtype), from_digits(digits));
}

/// A block of a ggml type that is zero but for some bytes.
ValueCounts block(std::uint32_t type, std::size_t offset, std::string_view digits) {
  const DType dtype = *ggml_dtype(type);
  std::vector<std::byte> bytes(dtype.packed().block_bytes);
  const auto some = from_digits(digits);
  std::copy(some.begin(), some.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  return counted(dtype, bytes);
}

}  // namespace

TEST_CASE("value rules: NaN and infinity of each float") {
  struct Pattern {
    const char* dtype;
    const char* digits;
    std::uint64_t nan;
    std::uint64_t infinite;
  };
  // The largest finite number, infinities, the smallest and the largest NaN, of both signs.
  const std::array patterns = {
      Pattern{"F16",
              "ff7b"
              "007c"
              "00fc"
              "017c"
              "ffff"
              "ff7f",
              3, 2},
      Pattern{"BF16",
              "7f7f"
              "807f"
              "80ff"
              "817f"
              "c07f"
              "ffff",
              3, 2},
      Pattern{"F32",
              "ffff7f7f"
              "0000807f"
              "000080ff"
              "0100807f"
              "ffffffff",
              2, 2},
      Pattern{"F64",
              "ffffffffffffef7f"
              "000000000000f07f"
              "000000000000f0ff"
              "010000000000f07f",
              1, 2},
      Pattern{"F8_E5M2",
              "7b"
              "7c"
              "fc"
              "7d"
              "7f"
              "ff",
              3, 2},
      Pattern{"F8_E4M3",
              "7e"
              "78"
              "7f"
              "ff"
              "fe",
              2, 0},
      Pattern{"F8_E4M3FNUZ",
              "7f"
              "80"
              "ff"
              "00",
              1, 0},
      Pattern{"F8_E5M2FNUZ",
              "7f"
              "80"
              "ff"
              "fc",
              1, 0},
      Pattern{"F8_E8M0",
              "fe"
              "ff"
              "80"
              "00",
              1, 0},
      Pattern{"F4",
              "ff"
              "77",
              0, 0},
      Pattern{"F6_E2M3", "ffffff", 0, 0},
      // One number whose two parts are NaN and infinite counts once, as NaN.
      Pattern{"C64",
              "0000807f"
              "0000c07f"
              "00000000"
              "0000807f"
              "0000803f"
              "00000000",
              1, 1},
  };
  for (const Pattern& pattern : patterns) {
    CAPTURE(pattern.dtype);
    const ValueCounts counts = counted(pattern.dtype, pattern.digits);
    CHECK(counts.nan == pattern.nan);
    CHECK(counts.infinite == pattern.infinite);
    CHECK_FALSE(counts.all_zero);
  }
}

TEST_CASE("value rules: every pattern of two bytes agrees with the definition") {
  for (const auto& [name, exponent] : {std::pair{"F16", 0x7c00U}, std::pair{"BF16", 0x7f80U}}) {
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
      std::array<std::byte, 2> bytes{};
      store_le(std::span<std::byte>(bytes), 0, static_cast<std::uint16_t>(bits));
      const ValueCounts counts = counted(*dtype_named(name), bytes);
      const unsigned magnitude = bits & 0x7fff;
      const bool right = (counts.nan != 0) == (magnitude > exponent) &&
                         (counts.infinite != 0) == (magnitude == exponent) &&
                         counts.all_zero == (magnitude == 0);
      if (!right) FAIL(name << " " << bits);
    }
  }
}

TEST_CASE("value rules: zeros") {
  CHECK(counted("F32", "0000000000000080").all_zero);
  CHECK(counted("F16", "00000080").all_zero);
  CHECK_FALSE(counted("F16", "00000100").all_zero);
  CHECK(counted("F8_E4M3", "0080").all_zero);
  CHECK(counted("F4", "0880").all_zero);
  CHECK_FALSE(counted("F4", "01").all_zero);
  CHECK_FALSE(counted("F8_E8M0", "0000").all_zero);  // 2^-127
  CHECK(counted("C64", "0000000000000080").all_zero);
}

TEST_CASE("value rules: where the blocks have their scales") {
  struct Place {
    std::uint32_t type;
    std::vector<std::size_t> scales;  // of F16
  };
  const std::vector<Place> places = {{2, {0}},    {3, {0, 2}},    {6, {0}},    {7, {0, 2}},  {8, {0}},
                                     {9, {0, 2}}, {10, {80, 82}}, {11, {108}}, {12, {0, 2}}, {13, {0, 2}},
                                     {14, {208}}, {16, {0}},      {17, {0}},   {18, {0}},    {19, {0}},
                                     {20, {0}},   {21, {0}},      {22, {0}},   {23, {0}},    {34, {52}},
                                     {35, {64}},  {41, {0}},      {42, {0}}};
  for (const Place& place : places) {
    CAPTURE(place.type);
    CHECK(block(place.type, 0, "").all_zero);
    for (const std::size_t at : place.scales) {
      CHECK(block(place.type, at, "017e").nan == 1);
      CHECK(block(place.type, at, "00fc").infinite == 1);
      CHECK_FALSE(block(place.type, at, "003c").all_zero);
    }
    // Codes are no scales.
    const std::size_t code = place.scales.front() == 0 ? place.scales.back() + 2 : place.scales.front() - 2;
    CHECK(block(place.type, code, "ff7f").nan == 0);
    CHECK(block(place.type, code, "ff7f").all_zero);
  }
}

TEST_CASE("value rules: scales that are no F16") {
  CHECK(block(15, 0, "0000c07f").nan == 1);  // Q8_K
  CHECK(block(15, 0, "0000807f").infinite == 1);
  CHECK(block(15, 4, "ffff").nan == 0);
  CHECK(block(39, 0, "ff").nan == 1);  // MXFP4
  CHECK(block(39, 0, "fe").nan == 0);
  CHECK(block(39, 0, "7f").all_zero);  // codes of 0
  CHECK_FALSE(block(39, 0, "7f01").all_zero);
  CHECK(block(40, 3, "7f").nan == 1);  // NVFP4
  CHECK(block(40, 4, "7f").nan == 0);
  CHECK(block(40, 0, "38000000").all_zero);
  CHECK_FALSE(block(40, 0, "3800000001").all_zero);
  // IQ1_M's 0x7e00: a nibble in each of four u16.
  CHECK(block(29, 48, "000000000000007e").nan == 0);
  CHECK(block(29, 48,
              "00000000"
              "00e0"
              "0070")
            .nan == 1);
  CHECK(block(29, 48,
              "00000000"
              "00c0"
              "0070")
            .infinite == 1);
}

TEST_CASE("value rules: integers and unknown types are not looked at") {
  for (const char* name : {"I8", "U8", "I32", "I64", "BOOL"})
    CHECK(value_rule(*dtype_named(name)) == nullptr);
  const PackedType unknown{.codec = "other", .name = "F8_E5M2", .number = {}, .params = {}};
  CHECK(value_rule(DType(unknown)) == nullptr);
  const PackedType other_size{
      .codec = "ggml", .name = "Q4_0", .block_elements = 32, .block_bytes = 20, .number = {}, .params = {}};
  CHECK(value_rule(DType(other_size)) == nullptr);
}

TEST_CASE("value scan: elements and blocks that a block of the run cuts") {
  constexpr std::size_t kBlock = std::size_t{256} << 10;
  // Each type at each offset from a multiple of its size; every unit is NaN.
  const DType f64(DTypeCode::f64);
  const DType bf16(DTypeCode::bf16);
  const DType q3k = *ggml_dtype(11);
  for (const DType& dtype : {f64, bf16, q3k}) {
    const std::size_t unit = dtype.is_packed() ? dtype.packed().block_bytes : dtype.bits() / 8;
    for (std::size_t start = 0; start < 9; ++start) {
      const std::size_t units = 3 * kBlock / unit;
      std::vector<std::byte> bytes(start + units * unit + 5, std::byte{0xff});
      Tensor tensor;
      tensor.name = "t";
      tensor.dtype = dtype;
      tensor.shape.push_back(units);
      tensor.size = units * unit;
      tensor.offset = 100 + start;  // the region begins at 100
      const std::vector<Tensor> tensors = {tensor};
      ValueScan scan(tensors);
      std::vector<io::Region> regions(1);
      regions[0].length = bytes.size();
      regions[0].read = [&](std::uint64_t offset, std::span<std::byte> out) {
        std::memcpy(out.data(), bytes.data() + offset, out.size());
      };
      const std::array<std::uint32_t, 1> order = {0};
      scan.visit(regions[0], 100, order);
      io::run(regions, {.jobs = 3, .in_order = {}});
      Report report(Report::Mode::judge);
      ValueFindings findings;
      scan.tell("m", report, findings);
      CHECK(findings.tensors == 1);
      REQUIRE(findings.found.size() == 1);
      CHECK(findings.found[0].counts.nan == units);
      CHECK(findings.found[0].counts.first_nan == 0);
      CHECK(report.fault_count() == 1);
    }
  }
}
