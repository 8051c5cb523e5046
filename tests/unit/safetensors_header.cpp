// The rules for a header as JSON, one test case each.
#include <doctest/doctest.h>

#include "safetensors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::safetensors_test;

namespace {

/// A header with one tensor 'a', whose object is given, over two bytes of data.
std::string with_entry(std::string_view object) {
  return file_of(R"({"a":)" + std::string(object) + "}", 2);
}

constexpr std::string_view kSound = R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})";

}  // namespace

TEST_CASE("safetensors: a file has at least the 8 bytes of the header's length") {
  CHECK(error_of("") == "is empty");
  CHECK(error_of("\xff\1\2\3\4\5\6") ==
        "at byte 0: the file has 7 bytes; a safetensors file begins with 8 bytes of header length");
}

TEST_CASE("safetensors: the header takes at most 100,000,000 bytes") {
  std::string bytes = file_of("{}");
  bytes.replace(0, 8, std::string_view("\x01\xe1\xf5\x05\0\0\0\0", 8));
  CHECK(error_of(bytes) ==
        "at byte 0: header length 100,000,001 is more than the format allows, which is 100,000,000; "
        "the file begins like nothing that is known");
  bytes.replace(0, 8, std::string_view("\x00\xe1\xf5\x05\0\0\0\0", 8));
  CHECK(error_of(bytes) == "at byte 0: the header takes 100000000 bytes, but only 2 follow its length");
  bytes.replace(0, 8, std::string(8, '\xff'));
  CHECK(has(error_of(bytes), "header length 18,446,744,073,709,551,615"));
}

TEST_CASE("safetensors: the header is inside the file") {
  std::string bytes = file_of("{}");
  bytes[0] = 3;
  CHECK(error_of(bytes) == "at byte 0: the header takes 3 bytes, but only 2 follow its length");
}

TEST_CASE("safetensors: a header of no bytes or white space alone is refused") {
  CHECK(error_of(file_of("") + "x") == "at byte 8: the header is empty: expected a JSON object");
  CHECK(error_of(file_of(" \n\r\t ")) == "at byte 8: the header is empty: expected a JSON object");
}

TEST_CASE("safetensors: the header begins with '{'") {
  CHECK(error_of(file_of(" [1]")) == "at byte 9: the header begins with '[', not with '{'");
  CHECK(error_of(file_of(std::string("\0{}", 3))) ==
        "at byte 8: the header begins with '\\x00', not with '{'");
}

TEST_CASE("safetensors: JSON white space around the header is accepted") {
  const Opened opened(file_of(" \n\r\t{\"a\":" + std::string(kSound) + "}\t\r\n  ", 2));
  REQUIRE(opened.model->tensors().size() == 1);
}

TEST_CASE("safetensors: nothing else follows the header's object") {
  CHECK(has(error_of(file_of("{}x")), "header: not valid JSON: The document root must not be followed"));
  CHECK(error_of(file_of(std::string("{}\0", 3))) ==
        "at byte 10: header: bytes after the end of the JSON document");
  CHECK(has(error_of(file_of(R"({"a":)" + std::string(kSound) + ",}", 2)), "header: not valid JSON"));
}

TEST_CASE("safetensors: an entry is an object") {
  CHECK(error_of(with_entry("7")) == "tensor 'a': its entry in the header is a number, not an object");
  CHECK(error_of(with_entry("null")) == "tensor 'a': its entry in the header is null, not an object");
  CHECK(faults_of(with_entry(R"(["U8",[2],[0,2]])")) ==
        "tensor 'a': its entry in the header is an array, not an object\n");
}

TEST_CASE("safetensors: dtype, shape and data_offsets are all there") {
  CHECK(error_of(with_entry(R"({"shape":[2],"data_offsets":[0,2]})")) ==
        "tensor 'a': its \"dtype\" is missing");
  CHECK(error_of(with_entry(R"({"dtype":"U8","data_offsets":[0,2]})")) ==
        "tensor 'a': its \"shape\" is missing");
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[2]})")) ==
        "tensor 'a': its \"data_offsets\" are missing");
  CHECK(faults_of(with_entry("{}")) ==
        "tensor 'a': its \"dtype\" is missing\n"
        "tensor 'a': its \"shape\" is missing\n"
        "tensor 'a': its \"data_offsets\" are missing\n");
}

TEST_CASE("safetensors: dtype, shape and data_offsets are of their kinds") {
  CHECK(error_of(with_entry(R"({"dtype":1,"shape":[2],"data_offsets":[0,2]})")) ==
        "tensor 'a': \"dtype\" is a number, not a string");
  CHECK(error_of(with_entry(R"({"dtype":{"U8":null},"shape":[2],"data_offsets":[0,2]})")) ==
        "tensor 'a': \"dtype\" is an object, not a string");
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":2,"data_offsets":[0,2]})")) ==
        "tensor 'a': \"shape\" is a number, not an array of integers");
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[[2]],"data_offsets":[0,2]})")) ==
        "tensor 'a': \"shape\" holds an array, not an integer from 0 to 2^64 - 1 in plain digits");
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[2],"data_offsets":"0,2"})")) ==
        "tensor 'a': \"data_offsets\" is a string, not an array of two integers");
}

TEST_CASE("safetensors: data_offsets are two numbers") {
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[2],"data_offsets":[0]})")) ==
        "tensor 'a': \"data_offsets\" are [begin, end], but hold 1 number");
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2,2]})")) ==
        "tensor 'a': \"data_offsets\" are [begin, end], but hold 3 numbers");
}

TEST_CASE("safetensors: integers are plain digits") {
  for (const std::string number : {"2.0", "2e0", "-2", "-0", "18446744073709551616", "true", "\"2\""}) {
    CAPTURE(number);
    const std::string object = R"({"dtype":"U8","shape":[)" + number + R"(],"data_offsets":[0,2]})";
    CHECK(has(error_of(with_entry(object)), "not an integer from 0 to 2^64 - 1 in plain digits"));
  }
  CHECK(error_of(with_entry(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2.0]})")) ==
        "tensor 'a': \"data_offsets\" holds 2.0, not an integer from 0 to 2^64 - 1 in plain digits");
  CHECK(has(error_of(with_entry(R"({"dtype":"U8","shape":[02],"data_offsets":[0,2]})")), "not valid JSON"));
}

TEST_CASE("safetensors: unknown keys in a tensor's object are ignored") {
  const Opened opened(with_entry(
      R"({"x":null,"dtype":"U8","y":{"dtype":"F4","z":[1,{}]},"shape":[2],"Shape":[3],"data_offsets":[0,2],"w":1.5})"));
  REQUIRE(opened.model->tensors().size() == 1);
  CHECK(opened.model->tensors()[0].shape == Shape{2});
  CHECK(opened.model->tensors()[0].dtype == DType(DTypeCode::u8));
}

TEST_CASE("safetensors: a name that is duplicated is refused, and the message says so") {
  const std::string sound(kSound);
  const std::string line =
      "header: the key \"a\" is duplicated; names must be unique, so the file is refused";
  CHECK(error_of(file_of(R"({"a":)" + sound + R"(,"a":)" + sound + "}", 2)) == line);
  // Among many names, too.
  std::string json = "{";
  for (int i = 0; i < 100; ++i) {
    const std::string at = std::to_string(i);
    json += "\"t" + at + R"(":{"dtype":"U8","shape":[1],"data_offsets":[)" + at + "," +
            std::to_string(i + 1) + "]},";
  }
  CHECK(error_of(file_of(json + R"("a":{"dtype":"U8","shape":[0],"data_offsets":[100,100]}})", 100)) ==
        "no error");
  CHECK(error_of(file_of(json + R"("t7":{"dtype":"U8","shape":[0],"data_offsets":[100,100]}})", 100)) ==
        "header: the key \"t7\" is duplicated; names must be unique, so the file is refused");
}

TEST_CASE("safetensors: other keys that stand twice are refused where they stand") {
  CHECK(error_of(with_entry(R"({"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]})")) ==
        "tensor 'a': header: the key \"dtype\" is duplicated, so the file is refused");
  CHECK(error_of(file_of(R"({"__metadata__":{"k":"1","k":"2"}})")) ==
        "__metadata__: the key \"k\" is duplicated, so the file is refused");
  CHECK(has(error_of(file_of(R"({"__metadata__":{},"__metadata__":{}})")), "is duplicated"));
}

TEST_CASE("safetensors: names are UTF-8") {
  const std::string rest = "\":" + std::string(kSound) + "}";
  CHECK(error_of(file_of("{\"\xff" + rest, 2)) ==
        "at byte 10: header: not valid JSON: Invalid encoding in string.");
  CHECK(has(error_of(file_of("{\"\xc0\x80" + rest, 2)), "Invalid encoding"));
  CHECK(has(error_of(file_of("{\"\xed\xa0\x80" + rest, 2)), "Invalid encoding"));
  CHECK(has(error_of(file_of("{\"\\ud800" + rest, 2)), "surrogate pair"));
  CHECK(has(error_of(file_of("{\"\\udc00" + rest, 2)), "surrogate pair"));
  CHECK(has(error_of(file_of("{\"a\x1f" + rest, 2)), "not valid JSON"));
  const Opened opened(file_of("{\"\\u00e9\xc3\xa9\\ud83d\\ude00\\u0000/\x7f" + rest, 2));
  CHECK(opened.model->tensors()[0].name == std::string("\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80\0/\x7f", 11));
}

TEST_CASE("safetensors: nesting ends at 64 levels") {
  const auto nested = [](std::size_t levels) {
    return with_entry("{\"x\":" + std::string(levels, '[') + std::string(levels, ']') +
                      R"(,"dtype":"U8","shape":[2],"data_offsets":[0,2]})");
  };
  CHECK(error_of(nested(62)) == "no error");
  CHECK(has(error_of(nested(63)), "header: nested deeper than 64 levels"));
}

TEST_CASE("safetensors: metadata values are strings") {
  CHECK(error_of(file_of(R"({"__metadata__":{"step":1}})")) ==
        "__metadata__: the value of 'step' is a number, not a string");
  CHECK(faults_of(file_of(R"({"__metadata__":{"a":null,"b":"x","c":{"d":"e"},"f":["g"],"h":true}})")) ==
        "__metadata__: the value of 'a' is null, not a string\n"
        "__metadata__: the value of 'c' is an object, not a string\n"
        "__metadata__: the value of 'f' is an array, not a string\n"
        "__metadata__: the value of 'h' is a boolean, not a string\n");
  CHECK(error_of(file_of(R"({"__metadata__":"x"})")) == "__metadata__ is a string, not an object of strings");
  CHECK(error_of(file_of(R"({"__metadata__":["x"]})")) ==
        "__metadata__ is an array, not an object of strings");
}

TEST_CASE("safetensors: a long text from the file is cut in messages") {
  std::string name;
  for (int i = 0; i < 1000; ++i) name += "\xc3\xa9";
  const std::string error = error_of(file_of("{\"x" + name + "\":7}"));
  CHECK(error.size() < 400);
  CHECK(has(error, "\xc3\xa9...'"));
  CHECK(error_of(with_entry(R"({"dtype":")" + std::string(100'000, 'F') +
                            R"(","shape":[2],"data_offsets":[0,2]})"))
            .size() < 400);
}
