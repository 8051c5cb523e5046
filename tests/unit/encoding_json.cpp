#include "encoding/json/reader.hpp"

#include <doctest/doctest.h>

using namespace aerotool;
using namespace std::string_view_literals;

namespace {

/// Accepts everything and remembers numbers and keys.
struct Recorder {
  std::string seen;
  std::string problem;
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view text) {
    seen += std::string(text) + ";";
    return true;
  }
  bool string(std::string_view) { return true; }
  bool key(std::string_view text) {
    seen += std::string(text) + ":";
    return true;
  }
  bool start_object() { return true; }
  bool end_object() { return true; }
  bool start_array() { return true; }
  bool end_array() { return true; }
};

std::string problem_of(std::string_view text) {
  Recorder recorder;
  const auto problem = parse_json(text, recorder);
  return problem ? problem->message : "";
}

}  // namespace

TEST_CASE("json: numbers come as they are written") {
  Recorder recorder;
  CHECK_FALSE(parse_json(R"( {"a": 1e5, "b": [-0, 18446744073709551615, 1.50]} )"sv, recorder));
  CHECK(recorder.seen == "a:1e5;b:-0;18446744073709551615;1.50;");
  CHECK(json_unsigned("18446744073709551615") == ~std::uint64_t{0});
  for (const auto text :
       {"18446744073709551616"sv, "1.0"sv, "1e3"sv, "-1"sv, "+1"sv, ""sv, "99999999999999999999"sv}) {
    CHECK_FALSE(json_unsigned(text));
  }
}

TEST_CASE("json: numbers past the range of a double are refused, however they are written") {
  const std::string zeros(300, '0');
  for (const std::string& number :
       {std::string("1.8e308"), std::string("-1.8e308"), std::string("10e308"), std::string("0.1e310"),
        std::string("1e309"), "1" + zeros + "000000000", "1" + zeros + "00000000.5e1"}) {
    CAPTURE(number);
    CHECK(problem_of("[" + number + "]") == "not valid JSON: Number too big to be stored in double.");
  }
  for (const std::string& number :
       {std::string("1.7e308"), std::string("-1.7E+308"), std::string("17e307"), std::string("0.01e310"),
        std::string("1e-400"), std::string("-0.0"), "1" + zeros + "00000000", "0." + zeros + zeros + "1",
        "0." + zeros + zeros + "1e700"}) {
    CAPTURE(number);
    CHECK(problem_of("[" + number + "]") == "");
  }
}

TEST_CASE("json: a key that is duplicated in an object is refused, in another object it is not") {
  CHECK(problem_of(R"({"a":{"k":1},"b":{"k":1}})") == "");
  CHECK(problem_of(R"({"a":{"k":1,"k":2}})").find("\"k\" is duplicated") != std::string::npos);
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  CHECK(problem_of(many + "\"k100\":0}") == "");
  CHECK(problem_of(many + "\"k42\":0}").find("\"k42\" is duplicated") != std::string::npos);
  CHECK(problem_of(R"({"a":1,"\u0061":2})").find("is duplicated") != std::string::npos);
}

TEST_CASE("json: nesting is capped at 64 and costs no stack") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(problem_of(nested(64)) == "");
  CHECK(problem_of(nested(65)) != "");
  CHECK(problem_of(nested(1000000)) != "");
}

TEST_CASE("json: bytes that are not UTF-8, lone surrogates, NULs and what follows the document are refused") {
  for (const auto text :
       {"[\"\xff\"]"sv, "[\"\xc0\xaf\"]"sv, R"(["\ud800"])"sv, R"(["\udc00"])"sv, "{}\0"sv, "{}\0x"sv,
        "{} x"sv, ""sv, "{"sv, "[1,]"sv, "{\"a\":01}"sv, "nul"sv, "[\"a\nb\"]"sv}) {
    CAPTURE(text);
    CHECK(problem_of(text) != "");
  }
}
