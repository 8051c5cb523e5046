// The rules for tensors and for their places in the data section, one test case each.
#include <doctest/doctest.h>

#include "safetensors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::safetensors_test;

namespace {

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  std::uint64_t begin, std::uint64_t end) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// U8 tensors one after another, given by begin and end.
std::string bytes_entry(const std::string& name, std::uint64_t begin, std::uint64_t end) {
  return entry(name, "U8", "[" + std::to_string(end - begin) + "]", begin, end);
}

/// An offset in the data section as its place in the file.
std::string at(const std::string& json, std::size_t offset) {
  return "at byte " + std::to_string(8 + json.size() + offset) + ": ";
}

std::string names_of(const Model& model) {
  std::string names;
  for (const Tensor& tensor : model.tensors()) names += tensor.name + " ";
  return names;
}

}  // namespace

TEST_CASE("safetensors: data_offsets hold the bytes that dtype and shape take") {
  CHECK(error_of(file_of("{" + entry("a", "F32", "[2,2]", 0, 17) + "}", 17)) ==
        "tensor 'a': data_offsets [0, 17] hold 17 bytes, but F32 [2, 2] takes 16");
  CHECK(error_of(file_of("{" + entry("a", "F32", "[]", 0, 1) + "}", 1)) ==
        "tensor 'a': data_offsets [0, 1] hold 1 byte, but F32 [] takes 4");
}

TEST_CASE("safetensors: data_offsets do not end before they begin") {
  CHECK(error_of(file_of("{" + entry("a", "U8", "[2]", 4, 2) + "}", 4)) ==
        "tensor 'a': data_offsets [4, 2] end before they begin");
}

TEST_CASE("safetensors: every dtype has its size") {
  struct Case {
    const char* dtype;
    std::size_t size;  // of eight elements
  };
  for (const Case& c : std::initializer_list<Case>{
           {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
           {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
           {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
           {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
           {"I64", 64},        {"U64", 64}}) {
    CAPTURE(c.dtype);
    const Opened opened(file_of("{" + entry("a", c.dtype, "[2,4]", 0, c.size) + "}", c.size));
    CHECK(opened.model->tensors().at(0).dtype.name() == c.dtype);
    CHECK(opened.model->tensors().at(0).size == c.size);
  }
}

TEST_CASE("safetensors: an unknown dtype names itself and is unsupported") {
  const std::string bytes =
      file_of("{" + entry("a", "F5", "[2]", 0, 2) + "," + entry("b", "u8", "[2]", 2, 4) + "}", 4);
  CHECK_THROWS_AS(Opened{bytes}, UnsupportedError);
  CHECK(error_of(bytes) == "tensor 'a': dtype 'F5' is not known");
  CHECK(faults_of(bytes) == "tensor 'a': dtype 'F5' is not known\ntensor 'b': dtype 'u8' is not known\n");
}

TEST_CASE("safetensors: rank 0 and dimensions of zero are valid") {
  const Opened opened(
      file_of("{" + entry("scalar", "F32", "[]", 0, 4) + "," + entry("none", "F32", "[3,0]", 4, 4) + "}", 4));
  REQUIRE(opened.model->tensors().size() == 2);
  CHECK(opened.model->tensors()[0].shape.empty());
  CHECK(opened.model->tensors()[1].shape == Shape{3, 0});
  CHECK(opened.model->tensors()[1].size == 0);
}

TEST_CASE("safetensors: a shape's product stays below 2^64") {
  const std::string huge = "9223372036854775808";
  CHECK(
      error_of(file_of("{" + entry("a", "U8", "[" + huge + ",2,0]", 0, 0) + "}")) ==
      "tensor 'a': U8 [9223372036854775808, 2, 0] has no size in bytes: the number of elements exceeds 2^64");
  CHECK(error_of(file_of("{" + entry("a", "U8", "[0," + huge + ",2]", 0, 0) + "}")) == "no error");
  CHECK(
      has(error_of(file_of("{" + entry("a", "U64", "[" + huge + "]", 0, 0) + "}")), "has no size in bytes"));
}

TEST_CASE("safetensors: sub-byte types end on a byte") {
  CHECK(error_of(file_of("{" + entry("a", "F4", "[3]", 0, 2) + "}", 2)) ==
        "tensor 'a': F4 [3] has no size in bytes: 3 elements is not a multiple of F4's 2");
  CHECK(has(error_of(file_of("{" + entry("a", "F6_E3M2", "[2]", 0, 2) + "}", 2)), "has no size in bytes"));
  // Only the whole has to: rows may end inside a byte.
  CHECK(error_of(file_of("{" + entry("a", "F4", "[2,3]", 0, 3) + "}", 3)) == "no error");
}

TEST_CASE("safetensors: a rank over 255 is unsupported") {
  const auto ones = [](int count) {
    std::string shape = "[1";
    for (int i = 1; i < count; ++i) shape += ",1";
    return file_of("{" + entry("a", "U8", shape + "]", 0, 1) + "}", 1);
  };
  CHECK(error_of(ones(255)) == "no error");
  CHECK_THROWS_AS(Opened{ones(256)}, UnsupportedError);
  CHECK(faults_of(ones(300)) == "tensor 'a': a shape of 300 dimensions; at most 255 are handled\n");
}

TEST_CASE("safetensors: no tensor overlaps another") {
  const std::string json = "{" + bytes_entry("a", 0, 16) + "," + bytes_entry("b", 8, 24) + "}";
  CHECK(error_of(file_of(json, 24)) ==
        "tensor 'b': " + at(json, 8) + "data_offsets [8, 24] overlap tensor 'a' at [0, 16] by 8 bytes");
  const std::string inside = "{" + bytes_entry("a", 0, 16) + "," + bytes_entry("b", 4, 5) + "}";
  CHECK(error_of(file_of(inside, 16)) ==
        "tensor 'b': " + at(inside, 4) + "data_offsets [4, 5] overlap tensor 'a' at [0, 16] by 1 byte");
  const std::string twice = "{" + bytes_entry("a", 0, 4) + "," + bytes_entry("b", 0, 4) + "}";
  CHECK(has(error_of(file_of(twice, 4)), "overlap tensor 'a' at [0, 4] by 4 bytes"));
}

TEST_CASE("safetensors: no tensor of no bytes lies inside another") {
  const std::string json = "{" + bytes_entry("a", 0, 16) + "," + bytes_entry("b", 8, 8) + "}";
  CHECK(error_of(file_of(json, 16)) ==
        "tensor 'b': " + at(json, 8) + "data_offsets [8, 8] lie inside tensor 'a' at [0, 16]");
}

TEST_CASE("safetensors: there is no hole between tensors") {
  const std::string json = "{" + bytes_entry("a", 0, 16) + "," + bytes_entry("b", 24, 40) + "}";
  CHECK(error_of(file_of(json, 40)) == at(json, 16) +
                                           "8 bytes of the data section, [16, 24], belong to no tensor: "
                                           "tensor 'a' ends at 16, tensor 'b' begins at 24");
}

TEST_CASE("safetensors: there is no hole before the first tensor") {
  const std::string json = "{" + bytes_entry("a", 8, 24) + "}";
  CHECK(error_of(file_of(json, 24)) == at(json, 0) +
                                           "8 bytes of the data section, [0, 8], belong to no tensor: "
                                           "tensor 'a' is the first and begins at 8");
}

TEST_CASE("safetensors: nothing is left over after the last tensor") {
  const std::string json = "{" + bytes_entry("a", 0, 16) + "}";
  CHECK(error_of(file_of(json, 17)) == at(json, 16) +
                                           "1 byte of the data section, [16, 17], belong to no tensor: "
                                           "tensor 'a' is the last and ends at 16");
  CHECK(error_of(file_of("{}", 2)) ==
        at("{}", 0) +
            "2 bytes of the data section, [0, 2], belong to no tensor: the header names no tensors");
}

TEST_CASE("safetensors: no tensor passes the end of the data section") {
  const std::string json = "{" + bytes_entry("a", 0, 16) + "," + bytes_entry("b", 16, 32) + "}";
  CHECK(error_of(file_of(json, 24)) == "the file has " + std::to_string(8 + json.size() + 24) +
                                           " bytes, but its tensors need " +
                                           std::to_string(8 + json.size() + 32) + ": tensor 'b' is cut off");
  const std::string far = "{" + bytes_entry("a", 18446744073709551615U, 18446744073709551615U) + "}";
  CHECK(error_of(file_of(far)) ==
        "the file has " + std::to_string(8 + far.size()) +
            " bytes, but its tensors need 18,446,744,073,709,551,615: tensor 'a' is cut off");
}

TEST_CASE("safetensors: a judge finds every fault and keeps the sound tensors") {
  const std::string json = "{" + bytes_entry("a", 0, 4) + "," + entry("b", "F32", "[2]", 4, 8) + "," +
                           bytes_entry("c", 6, 10) + "," + entry("d", "F5", "[2]", 12, 14) + "," +
                           bytes_entry("e", 14, 20) + "}";
  const std::string bytes = file_of(json, 16);
  CHECK(faults_of(bytes) ==
        "tensor 'b': data_offsets [4, 8] hold 4 bytes, but F32 [2] takes 8\n"
        "tensor 'd': dtype 'F5' is not known\n"
        "tensor 'c': " +
            at(json, 6) + "data_offsets [6, 10] overlap tensor 'b' at [4, 8] by 2 bytes\n" + at(json, 10) +
            "2 bytes of the data section, [10, 12], belong to no tensor: tensor 'c' ends at 10, tensor 'd' "
            "begins "
            "at 12\n"
            "the file has " +
            std::to_string(8 + json.size() + 16) + " bytes, but its tensors need " +
            std::to_string(8 + json.size() + 20) + ": tensor 'e' is cut off\n");
  const Opened opened(bytes, Report::Mode::judge);
  CHECK(names_of(*opened.model) == "a c ");
}

TEST_CASE("safetensors: no hole is told where an entry could not be placed") {
  const std::string json = R"({"x":{"dtype":"U8","shape":[4]},)" + bytes_entry("a", 4, 8) + "}";
  CHECK(faults_of(file_of(json, 12)) == "tensor 'x': its \"data_offsets\" are missing\n");
}

TEST_CASE("safetensors: tensors are in data order, whatever the header's") {
  const std::string json =
      "{" + bytes_entry("c", 8, 9) + "," + bytes_entry("a", 0, 4) + "," + bytes_entry("b", 4, 8) + "}";
  const Opened opened(file_of(json, 9));
  CHECK(names_of(*opened.model) == "a b c ");
  CHECK(opened.model->tensors()[2].offset == 8 + json.size() + 8);
}

TEST_CASE("safetensors: tensors that begin together are empty but for the last, and in header order") {
  const std::string json = "{" + bytes_entry("big", 0, 4) + "," + bytes_entry("z", 0, 0) + "," +
                           bytes_entry("a", 0, 0) + "," + bytes_entry("y", 4, 4) + "," +
                           bytes_entry("x", 4, 4) + "}";
  const Opened opened(file_of(json, 4));
  CHECK(names_of(*opened.model) == "z a big y x ");
}
