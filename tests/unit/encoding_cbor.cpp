#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "encoding/cbor/half.hpp"
#include "encoding/cbor/reader.hpp"
#include "encoding/cbor/writer.hpp"

using namespace aerotool;
using cbor::Mode;
using cbor::Rule;

namespace {

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

Value read(const std::string& bytes, Mode mode, std::uint64_t most = ValueBuilder::kMaxMemory) {
  cbor::Reader reader(bytes_of(bytes), mode);
  ValueBuilder builder(most);
  reader.value(builder);
  reader.finish();
  return builder.take();
}

std::string written(const Value& value, cbor::MapOrder order = cbor::MapOrder::deterministic) {
  std::string out;
  cbor::append_value(out, value, order);
  return hex(out);
}

/// The rule that the bytes break; nothing where they are read.
std::optional<Rule> broken(std::string_view text, Mode mode = Mode::deterministic) {
  try {
    const std::string bytes = unhex(text);
    read(bytes, mode);
    // To pass over it is to hold it to the same rules.
    cbor::Reader(bytes_of(bytes), mode).skip();
    return std::nullopt;
  } catch (const cbor::Problem& problem) {
    return problem.rule();
  }
}

std::string nested(std::size_t arrays) {
  std::string text;
  for (std::size_t i = 0; i < arrays; ++i) text += "81";
  return text + "00";
}

}  // namespace

TEST_CASE("cbor: values of RFC 8949, Appendix A, that are deterministic are read and written") {
  for (const char* text : {"00",
                           "01",
                           "0a",
                           "17",
                           "1818",
                           "1819",
                           "1864",
                           "1903e8",
                           "1a000f4240",
                           "1b000000e8d4a51000",
                           "1bffffffffffffffff",
                           "3bffffffffffffffff",
                           "20",
                           "29",
                           "3863",
                           "3903e7",
                           "f90000",
                           "f98000",
                           "f93c00",
                           "fb3ff199999999999a",
                           "f93e00",
                           "f97bff",
                           "fa47c35000",
                           "fa7f7fffff",
                           "fb7e37e43c8800759c",
                           "f90001",
                           "f90400",
                           "f9c400",
                           "fbc010666666666666",
                           "f97c00",
                           "f97e00",
                           "f9fc00",
                           "f4",
                           "f5",
                           "f6",
                           "40",
                           "4401020304",
                           "60",
                           "6161",
                           "6449455446",
                           "62225c",
                           "62c3bc",
                           "63e6b0b4",
                           "80",
                           "83010203",
                           "8301820203820405",
                           "a0",
                           "a201020304",
                           "a26161016162820203",
                           "826161a161626163",
                           "a56161614161626142616361436164614461656145"}) {
    CAPTURE(text);
    CHECK_FALSE(broken(text));
    CHECK_FALSE(broken(text, Mode::lax));
    CHECK(written(read(unhex(text), Mode::deterministic)) == text);
  }
}

TEST_CASE("cbor: what a number is") {
  const auto of = [](const char* text) { return read(unhex(text), Mode::lax); };
  CHECK(of("1903e8") == Value::u64(1000));
  CHECK(of("3903e7") == Value::i64(-1000));
  CHECK(of("3b7fffffffffffffff") == Value::i64(INT64_MIN));
  CHECK(of("3b8000000000000000") == Value::number("-9223372036854775809"));
  CHECK(of("3bffffffffffffffff") == Value::number("-18446744073709551616"));
  CHECK(of("f93c00") == Value::f32(1.0F));
  CHECK(of("f90001") == Value::f32(std::ldexp(1.0F, -24)));
  CHECK(of("fa47c35000") == Value::f32(100000.0F));
  CHECK(of("fb3ff199999999999a") == Value::f64(1.1));
  CHECK(of("fa7fc00001") == Value::of(ValueType::f32, 0x7fc00001));
  CHECK(of("f7").type == ValueType::null);
}

TEST_CASE("cbor: lax mode reads what is well-formed") {
  const auto of = [](const char* text) { return read(unhex(text), Mode::lax); };
  CHECK(of("1800") == Value::u64(0));
  CHECK(of("c074323031332d30332d32315432303a30343a30305a") == Value::string("2013-03-21T20:04:00Z"));
  CHECK(of("c1c2c3f4") == Value::boolean(false));
  CHECK(of("5f42010243030405ff") == Value::binary(Bytes::own(unhex("0102030405"))));
  CHECK(of("7f657374726561646d696e67ff") == Value::string("streaming"));
  CHECK(of("9f018202039f0405ffff") == of("8301820203820405"));
  CHECK(of("bf61610161629f0203ffff") == of("a26161016162820203"));
  CHECK(of("bfff") == of("a0"));
  CHECK_FALSE(broken("f8ff", Mode::lax));
  CHECK_FALSE(broken("f0", Mode::lax));
  CHECK_FALSE(broken("61ff", Mode::lax));
  // Keys are told twice, for the caller to judge.
  CHECK_FALSE(broken("a2616101616102", Mode::lax));
}

TEST_CASE("cbor: what is not well-formed is not read in any mode") {
  for (const char* text : {"",
                           "18",
                           "19ff",
                           "1b00000000000000",
                           "62",
                           "6261",
                           "5f",
                           "5f41",
                           "81",
                           "a1",
                           "a101",
                           "a26161",
                           "1c",
                           "1d",
                           "1e",
                           "3c",
                           "5c",
                           "7c",
                           "9c",
                           "bc",
                           "dc",
                           "fc",
                           "fd",
                           "fe",
                           "ff",
                           "81ff",
                           "bf00ff",
                           "5f00ff",
                           "5f6100ff",
                           "5f5f4100ffff",
                           "7f4100ff",
                           "f800",
                           "f81f",
                           "0000",
                           "9bffffffffffffffff",
                           "bbffffffffffffffff",
                           "7bffffffffffffffff",
                           "1f",
                           "3f",
                           "df",
                           "c0"}) {
    CAPTURE(text);
    CHECK(broken(text, Mode::lax) == Rule::syntax);
    CHECK(broken(text, Mode::deterministic) == Rule::syntax);
  }
}

TEST_CASE("cbor: deterministic mode refuses every other encoding") {
  for (const char* text : {"1800",
                           "1817",
                           "190000",
                           "1900ff",
                           "1a0000ffff",
                           "1b00000000ffffffff",
                           "3817",
                           "5800",
                           "7800",
                           "9800",
                           "b800",
                           "fa00000000",
                           "fb0000000000000000",
                           "fa3f800000",
                           "fb3ff8000000000000",
                           "fb40f86a0000000000",
                           "fa7f800000",
                           "fb7ff0000000000000",
                           "f97e01",
                           "f9fe00",
                           "f97d00",
                           "fa7fc00000",
                           "fa7f800001",
                           "fb7ff8000000000000",
                           "fb7ff0000000000001",
                           "a2616201616101",
                           "a262616101616201",
                           "a2616101182001",
                           "a2810001182001"}) {
    CAPTURE(text);
    CHECK(broken(text) == Rule::determinism);
    CHECK_FALSE(broken(text, Mode::lax));
  }
  for (const char* text : {"f7", "f0", "f8ff", "c000", "5fff", "7fff", "9fff", "bfff", "61ff", "8161c3"}) {
    CAPTURE(text);
    CHECK(broken(text) == Rule::syntax);
    CHECK_FALSE(broken(text, Mode::lax));
  }
  CHECK(broken("a2616101616102") == Rule::duplicate_key);
  CHECK(broken("a2f97e0001f97e0002") == Rule::duplicate_key);
  CHECK(broken("81a2810001810002") == Rule::duplicate_key);
  // Shorter keys first, whatever their bytes are; then keys of a lower type.
  CHECK_FALSE(broken("a361620162616102810003"));
  CHECK_FALSE(broken("a21903e801616102"));
}

TEST_CASE("cbor: nesting is bounded") {
  for (const Mode mode : {Mode::lax, Mode::deterministic}) {
    CHECK_FALSE(broken(nested(cbor::Reader::kMaxDepth), mode));
    const std::size_t most = mode == cbor::Mode::lax ? cbor::Reader::kMaxLaxDepth : cbor::Reader::kMaxDepth;
    CHECK(broken(nested(most + 1), mode) == Rule::depth);
    CHECK(broken(nested(100000), mode) == Rule::depth);
  }
  std::string tags;
  for (int i = 0; i < 100000; ++i) tags += "c0";
  CHECK_FALSE(broken(tags + "00", Mode::lax));
}

TEST_CASE("cbor: a value may take so much memory and no more") {
  const std::string text = "79ffff" + [] {
    std::string letters;
    for (int i = 0; i < 0xffff; ++i) letters += "61";
    return letters;
  }();
  CHECK(read(unhex(text), Mode::lax).text().size() == 0xffff);
  CHECK_THROWS_AS(read(unhex(text), Mode::lax, 10000), cbor::Problem);
  std::string nulls(200000, '\xf6');
  nulls.insert(0, unhex("9a00030d40"));
  CHECK_THROWS_AS(read(nulls, Mode::lax, 10000), cbor::Problem);
}

TEST_CASE("cbor: a caller reads item by item") {
  // {"a": [1, h'00ff', true], 1: "x", "b": {"c": null}}
  for (const char* text :
       {"a3016178616183014200fff56162a16163f6", "bf016178 6161 9f015f410041ffff f5ff 6162bf6163f6ffff"}) {
    std::string digits = text;
    std::erase(digits, ' ');
    const std::string bytes = unhex(digits);
    cbor::Reader reader(bytes_of(bytes), Mode::lax);
    reader.begin_map();
    std::vector<std::string> seen;
    while (reader.more()) {
      const auto key = reader.key();
      if (!key) {
        reader.skip();
        seen.emplace_back("?");
      } else if (*key == "a") {
        CHECK(reader.type() == cbor::Type::array);
        reader.begin_array();
        REQUIRE(reader.more());
        CHECK(reader.unsigned_integer() == 1);
        REQUIRE(reader.more());
        CHECK(hex(chars_of(reader.byte_string())) == "00ff");
        REQUIRE(reader.more());
        CHECK(reader.boolean());
        CHECK_FALSE(reader.more());
        seen.emplace_back("a");
      } else {
        reader.begin_map();
        REQUIRE(reader.more());
        CHECK(reader.key() == "c");
        CHECK(reader.type() == cbor::Type::null);
        reader.skip();
        CHECK_FALSE(reader.more());
        seen.emplace_back(*key);
      }
    }
    reader.finish();
    CHECK(seen == std::vector<std::string>{"?", "a", "b"});
  }
}

TEST_CASE("cbor: an item of another type is told with what and where it is") {
  const std::string bytes = unhex("8200c06178");
  cbor::Reader reader(bytes_of(bytes), Mode::lax);
  CHECK(reader.begin_array() == 2);
  REQUIRE(reader.more());
  CHECK(reader.unsigned_integer() == 0);
  REQUIRE(reader.more());
  try {
    reader.begin_map();
    FAIL("read");
  } catch (const cbor::Problem& problem) {
    CHECK(problem.rule() == Rule::type);
    CHECK(problem.offset() == 3);
    CHECK(problem.what() == std::string("text where a map is expected"));
  }
}

TEST_CASE("cbor: no cut and no flipped bit of an item does harm") {
  const std::string whole = unhex(
      "bf61619f018202039f0405ffff61627f657374726561646d696e67ff61635f42010243030405ff6164fb3ff199999999999af"
      "f");
  REQUIRE_FALSE(broken(hex(whole), Mode::lax));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) CHECK(broken(hex(whole.substr(0, cut)), Mode::lax));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    broken(hex(flipped), Mode::lax);
    broken(hex(flipped), Mode::deterministic);
  }
}

TEST_CASE("cbor: every half-precision number goes to single precision and back") {
  for (std::uint32_t half = 0; half <= 0xffff; ++half) {
    const std::uint32_t single = cbor::single_of_half(static_cast<std::uint16_t>(half));
    REQUIRE(cbor::half_of_single(single) == half);
    if ((single & 0x7fffffffU) <= 0x7f800000U) {
      // What lies beside it needs single precision.
      REQUIRE_FALSE(cbor::half_of_single(single ^ 1U));
    }
  }
  CHECK_FALSE(cbor::half_of_single(0x33000000));  // 2^-25
  CHECK_FALSE(cbor::half_of_single(0x47800000));  // 2^16
  CHECK_FALSE(cbor::half_of_single(0x00000001));
}

TEST_CASE("cbor: maps are written in the order of the mode, and floats in the fewest bytes") {
  const auto text = [](const char* t) { return Value::string(std::string(t)); };
  const Value map =
      Value::map({{text("bb"), Value::u64(1)}, {text("c"), Value::u64(2)}, {text("aa"), Value::f64(1.5)}});
  CHECK(written(map, cbor::MapOrder::given) == "a362626201616302626161f93e00");
  CHECK(written(map) == "a3616302626161f93e0062626201");
  CHECK(written(Value::f64(1.1)) == "fb3ff199999999999a");
  CHECK(written(Value::f64(static_cast<double>(1.1F))) == "fa3f8ccccd");
  CHECK(written(Value::f64(std::numeric_limits<double>::max())) == "fb7fefffffffffffff");
  CHECK(written(Value::f32(std::nanf("5"))) == "f97e00");
  CHECK(written(Value::string("\xff")) == "41ff");
  CHECK(written(Value::of(ValueType::i8, static_cast<std::uint64_t>(-1))) == "20");
  CHECK(cbor::key_before("b", "aa"));
  CHECK(cbor::key_before("aa", "ab"));
  CHECK_FALSE(cbor::key_before("aa", "aa"));
}
