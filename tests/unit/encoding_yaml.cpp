// YAML as configuration files have it, and as nobody should write it.
#include "encoding/yaml/reader.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "core/error.hpp"

using namespace aerotool;

TEST_CASE("scalars are what YAML's core schema says") {
  const Value value =
      read_yaml("a: 1\nb: -2.5\nc: true\nd: ~\ne: text\nf: '1'\ng: [1, x]\nh: 1e3\ni: inf\n", "c");
  CHECK(value.find("a")->bits == 1);
  CHECK(value.find("b")->as_double() == -2.5);
  CHECK(value.find("c")->type == ValueType::boolean);
  CHECK(value.find("d")->type == ValueType::null);
  CHECK(value.find("e")->text() == "text");
  CHECK(value.find("f")->type == ValueType::string);
  CHECK(value.find("g")->array().count == 2);
  CHECK(value.find("h")->as_double() == 1000);
  CHECK(value.find("i")->type == ValueType::string);
}

TEST_CASE("numbers of every notation of the core schema, and nothing else, are numbers") {
  const auto scalar = [](const std::string& text) {
    return read_yaml("a: " + text + "\n", "c").map()[0].second;
  };
  const std::pair<const char*, double> numbers[] = {{"+5", 5},
                                                    {"-5", -5},
                                                    {"007", 7},
                                                    {"0x1F", 31},
                                                    {"0o17", 15},
                                                    {"1.", 1},
                                                    {".5", 0.5},
                                                    {"-.5", -0.5},
                                                    {"+1.5", 1.5},
                                                    {"1E+2", 100},
                                                    {"12e-1", 1.2},
                                                    {"1e300", 1e300},
                                                    {"18446744073709551616", 0x1p64}};
  for (const auto& entry : numbers) {
    CAPTURE(entry.first);
    const Value value = scalar(entry.first);
    CHECK((value.is_integer() || value.type == ValueType::f64));
    CHECK(value.as_double() == entry.second);
  }
  for (const char* text : {".inf", "+.Inf", ".INF"}) CHECK(scalar(text).as_double() == INFINITY);
  for (const char* text : {"-.inf", "-.Inf", "-.INF"}) CHECK(scalar(text).as_double() == -INFINITY);
  for (const char* text : {".nan", ".NaN", ".NAN"}) CHECK(std::isnan(scalar(text).as_double()));
  for (const char* text : {"+-5", "-+5", "--5", "++5", "+", ".", "e5", "1e", "0x", "0o8", "0x-5", "-0x5",
                           "0xg", "-.nan", "inf", "NaN", "1_000", "1e999"}) {
    CAPTURE(text);
    CHECK(scalar(text).type == ValueType::string);
  }
}

TEST_CASE("an alias stands for what it names") {
  const Value value = read_yaml("a: &x {b: 1}\nc: *x\n", "c");
  CHECK(*value.find("a") == *value.find("c"));
}

TEST_CASE("YAML counts what aliases stand for: values, text and levels") {
  const auto refused = [](const std::string& text) -> std::string {
    try {
      read_yaml(text, "c.yml");
    } catch (const CorruptError& error) {
      return error.message();
    }
    return "not refused";
  };
  // 64 KiB, 63 times: where it stands, for its anchor, and for 61 aliases.
  std::string text = "a: &a " + std::string(std::size_t{64} << 10, 'x') + "\nb: [*a";
  for (int i = 0; i < 60; ++i) text += ", *a";
  CHECK(refused(text + "]\n") == "not refused");
  CHECK(refused(text + ", *a, *a, *a]\n") == "line 2: holds more than 4.00 MiB of text");
  // 20 levels below 12 or 13 others and the mapping.
  const std::string deep = "a: &a " + std::string(20, '[') + std::string(20, ']') + "\n";
  CHECK(refused(deep + "b: " + std::string(12, '[') + "*a" + std::string(12, ']') + "\n") == "not refused");
  CHECK(refused(deep + "b: " + std::string(13, '[') + "*a" + std::string(13, ']') + "\n") ==
        "line 2: is nested more than 32 levels deep");
  // Anchors in anchors: each holds all that is in it once more.
  std::string anchors;
  for (int i = 0; i < 30; ++i) anchors += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 5'000; ++i) anchors += "~,";
  CHECK(refused(anchors + std::string(30, ']') + "\n") == "line 1: holds more than 100,000 values");
}

TEST_CASE("hostile YAML is refused") {
  CHECK_THROWS_AS(read_yaml({}, "c.yml"), CorruptError);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  for (const std::string& text :
       {std::string(), std::string("a: 1\na: 2\n"), std::string("a: *b\n"), std::string("a: [1\n"),
        std::string("---\na: 1\n---\nb: 2\n"), std::string("a: !!binary x\n"), std::string("? [a]\n: 1\n"),
        std::string("a: &a [*a]\n"), std::string(1000, '['), bomb}) {
    CAPTURE(text.substr(0, 30));
    CHECK_THROWS_AS(read_yaml(text, "c.yml"), CorruptError);
  }
}
