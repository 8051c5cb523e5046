#include "encoding/value_text.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <string>

using namespace aerotool;

namespace {

Value made(std::string_view sort, std::string_view text) {
  std::string problem;
  const auto value = value_of_text(*ValueSort::named(sort), text, problem);
  REQUIRE_MESSAGE(value, problem);
  return *value;
}

std::string refused(std::string_view sort, std::string_view text) {
  std::string problem;
  CHECK(!value_of_text(*ValueSort::named(sort), text, problem));
  return problem;
}

}  // namespace

TEST_CASE("value text: integers keep their width and their sign") {
  CHECK(made("u8", "255") == Value::of(ValueType::u8, 255));
  CHECK(made("i8", "-128") == Value::of(ValueType::i8, static_cast<std::uint64_t>(-128)));
  CHECK(made("u64", "18446744073709551615").bits == ~std::uint64_t{0});
  CHECK(made("i64", "-9223372036854775808").bits == std::uint64_t{1} << 63);
  CHECK(made("u32", " 7\n") == Value::of(ValueType::u32, 7));
  CHECK(refused("u8", "256") == "is not in the range of u8");
  CHECK(refused("u8", "-1") == "is no u8");
  CHECK(refused("u8", "1x") == "is no u8");
  CHECK(refused("u8", "") == "is no u8");
  CHECK(refused("i64", "9223372036854775808") == "is not in the range of i64");
}

TEST_CASE("value text: a float is rounded once") {
  // Halfway between 1 and the next f32, and a little more: by way of f64 it would become 1.
  const std::string above_half = "1.00000005960464477539062500000000000001";
  CHECK(made("f32", above_half).bits == std::bit_cast<std::uint32_t>(std::nextafter(1.0F, 2.0F)));
  CHECK(made("f32[]", "[" + above_half + "]").array().packed.text() ==
        made("f32[]", "[1.00000011920928955]").array().packed.text());
  CHECK(made("f64", "0.1") == Value::f64(0.1));
  CHECK(made("f32", "-0") == Value::f32(-0.0F));
  CHECK(std::isinf(made("f32", "inf").as_double()));
  CHECK(refused("f32", "1e39") == "is not in the range of f32");
  CHECK(refused("f64", "1,5") == "is no f64");
}

TEST_CASE("value text: booleans, strings and arrays") {
  CHECK(made("bool", "true") == Value::boolean(true));
  CHECK(refused("bool", "1") == "is neither true nor false");
  CHECK(made("string", " a\n").text() == " a\n");
  CHECK(refused("string", "\xff") == "is not UTF-8");
  const Value array = made("i16[]", "[1, -2]");
  CHECK(array.array().element == ValueType::i16);
  CHECK(array.array().count == 2);
  CHECK(array.array().packed.text() == std::string_view("\x01\x00\xfe\xff", 4));
  CHECK(made("string[]", "[\"\\u0041\"]").array().packed.text() == std::string_view("\1\0\0\0\0\0\0\0A", 9));
  CHECK(made("bool[]", "[]").array().count == 0);
  CHECK(refused("i16[]", "[1, 40000]") == "element 1, 40000, is not in the range of i16");
  CHECK(refused("i16[]", "[1, [2]]") == "element 1, an array, is no i16");
  CHECK(refused("i16[]", "[null]") == "element 0, null, is no i16");
  CHECK(refused("bool[]", "[1]") == "element 0, 1, is no bool");
  CHECK(refused("i16[]", "1") == "is no JSON array");
  CHECK(refused("i16[]", "{}") == "is no JSON array");
  CHECK(refused("i16[]", "[1").starts_with("is no JSON array: "));
}

TEST_CASE("value text: sorts have the names that values have") {
  for (const char* name : {"u8", "i64", "f32", "bool", "string", "u8[]", "string[]", "json"})
    CHECK(ValueSort::named(name)->name() == name);
  for (const char* name : {"", "[]", "u9", "array", "map", "u8[][]"}) CHECK(!ValueSort::named(name));
  CHECK(ValueSort::of(made("u16[]", "[]"))->name() == "u16[]");
  CHECK(ValueSort::of(made("json", "[1, \"a\"]"))->name() == "json");
  CHECK(!ValueSort::of(Value::binary({})));
}
