#include "encoding/value.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace aerotool;

namespace {

Array build(std::vector<Value> values) {
  ArrayBuilder builder;
  for (Value& value : values) builder.add(std::move(value));
  return builder.finish();
}

std::vector<Value> elements(const Array& array) {
  std::vector<Value> all;
  for_each_element(array, [&](const Value& value) {
    all.push_back(value);
    return true;
  });
  return all;
}

Value text(const char* text) {
  return Value::string(std::string(text));
}

}  // namespace

TEST_CASE("value: arrays of one kind are packed and give their elements back") {
  const std::vector<Value> strings = {text("a"), text(""), text("größe")};
  CHECK(build(strings).is_packed());
  CHECK(build(strings).element == ValueType::string);
  CHECK(elements(build(strings)) == strings);
  const std::vector<Value> floats = {Value::f32(-0.0F), Value::f32(1.5F)};
  CHECK(build(floats).element == ValueType::f32);
  CHECK(elements(build(floats)) == floats);
}

TEST_CASE("value: integers of both signs pack as signed, unless one needs all 64 bits") {
  const Array mixed = build({Value::u64(1), Value::i64(-2), Value::u64(3)});
  CHECK(mixed.is_packed());
  CHECK(mixed.element == ValueType::i64);
  CHECK(elements(mixed) == std::vector<Value>{Value::i64(1), Value::i64(-2), Value::i64(3)});
  const Value largest = Value::u64(std::numeric_limits<std::uint64_t>::max());
  const Array wide = build({largest, Value::i64(-2)});
  CHECK_FALSE(wide.is_packed());
  CHECK(elements(wide) == std::vector<Value>{largest, Value::i64(-2)});
}

TEST_CASE("value: mixed arrays keep every element as it was") {
  const std::vector<Value> mixed = {text("key"), Value::u64(4), Value::boolean(true), Value{}};
  CHECK(elements(build(mixed)) == mixed);
}

TEST_CASE("value: among strings, binary that is not UTF-8 is a string") {
  const Value raw = Value::binary(Bytes::own(std::string("\xff\xfe")));
  const Array array = build({text("a"), raw});
  CHECK(array.is_packed());
  CHECK(elements(array)[1].text() == "\xff\xfe");
}

TEST_CASE("value: an early stop is an early stop") {
  int seen = 0;
  for_each_element(build({Value::u64(1), Value::u64(2), Value::u64(3)}),
                   [&](const Value&) { return ++seen < 2; });
  CHECK(seen == 2);
}
