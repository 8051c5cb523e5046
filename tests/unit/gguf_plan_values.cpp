// The types that values without a width get in GGUF.
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "formats/gguf/plan_values.hpp"

using namespace aerotool;
using gguf::gguf_value;

namespace {

std::optional<Value> of_json(std::string_view text) {
  Value value;
  REQUIRE_FALSE(read_json(text, ValueBuilder::kMaxMemory, value));
  return gguf_value(value);
}

ValueType scalar_type(std::string_view text) {
  const auto value = of_json(text);
  REQUIRE(value);
  return value->type;
}

ValueType element_type(std::string_view text) {
  const auto value = of_json(text);
  REQUIRE(value);
  REQUIRE(value->type == ValueType::array);
  return value->array().element;
}

}  // namespace

TEST_CASE("gguf values: an integer gets the type that GGUF's writers use") {
  CHECK(scalar_type("0") == ValueType::u32);
  CHECK(scalar_type("4294967295") == ValueType::u32);
  CHECK(scalar_type("4294967296") == ValueType::u64);
  CHECK(scalar_type("18446744073709551615") == ValueType::u64);
  CHECK(scalar_type("-1") == ValueType::i32);
  CHECK(scalar_type("-2147483648") == ValueType::i32);
  CHECK(scalar_type("-2147483649") == ValueType::i64);
}

TEST_CASE("gguf values: integers of an array get one type that holds them all") {
  CHECK(element_type("[]") == ValueType::i32);
  CHECK(element_type("[0, 2147483647, -2147483648]") == ValueType::i32);
  CHECK(element_type("[2147483648]") == ValueType::u32);
  CHECK(element_type("[4294967296]") == ValueType::u64);
  CHECK(element_type("[2147483648, -1]") == ValueType::i64);
  CHECK(element_type("[-2147483649]") == ValueType::i64);
}

TEST_CASE("gguf values: a float is f32 where that is exact") {
  CHECK(scalar_type("0.5") == ValueType::f32);
  CHECK(scalar_type("0.1") == ValueType::f64);
  CHECK(gguf_value(Value::f64(std::numeric_limits<double>::quiet_NaN()))->type == ValueType::f32);
  CHECK(element_type("[0.5, 0.25]") == ValueType::f32);
  CHECK(element_type("[0.5, 0.1]") == ValueType::f64);
  CHECK(element_type("[1, 0.5]") == ValueType::f32);
}

TEST_CASE("gguf values: elements keep what they are") {
  const auto value = of_json("[1, -2]");
  REQUIRE(value);
  std::string seen;
  for_each_element(value->array(), [&](const Value& element) {
    seen += std::to_string(static_cast<std::int64_t>(element.bits)) + ' ';
    return true;
  });
  CHECK(seen == "1 -2 ");
}

TEST_CASE("gguf values: GGUF has no type for some") {
  CHECK_FALSE(of_json("null"));
  CHECK_FALSE(of_json("{}"));
  CHECK_FALSE(of_json("[[1]]"));
  CHECK_FALSE(of_json(R"([1, "a"])"));
  CHECK(scalar_type("true") == ValueType::boolean);
  CHECK(element_type(R"(["a", "b"])") == ValueType::string);
}
