// The short way through a header and the long one tell the same.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "formats/safetensors/parse_plain.hpp"

using namespace aerotool::safetensors;

namespace {

/// What a visitor is told, a line each.
class Transcript final : public HeaderVisitor {
 public:
  std::string text;

  void metadata_begins() override { text += "metadata\n"; }
  void metadata_entry(std::string_view key, std::string_view value) override {
    text.append(key).append(" = ").append(value) += '\n';
  }
  void entry(const HeaderEntry& entry) override {
    text.append(entry.name) += ' ';
    text += entry.dtype.value_or("?");
    if (entry.shape) {
      for (const std::uint64_t dimension : *entry.shape) text += ' ' + std::to_string(dimension);
      text += " rank " + std::to_string(entry.rank);
    }
    if (entry.data_offsets) {
      text +=
          " at " + std::to_string((*entry.data_offsets)[0]) + ' ' + std::to_string((*entry.data_offsets)[1]);
    }
    text += '\n';
  }
  void defect(std::string_view tensor, std::string message) override {
    text.append(tensor).append(": ").append(message) += '\n';
  }
};

/// With the place of a problem counted from `origin`.
std::string told(const std::string& json, std::size_t origin) {
  Transcript transcript;
  if (const auto problem = parse_header(json, transcript)) {
    transcript.text += problem->tensor + ": " + problem->message;
    if (problem->offset) transcript.text += " at " + std::to_string(*problem->offset - origin);
  }
  return std::move(transcript.text);
}

bool is_plain(const std::string& json) {
  Transcript transcript;
  return read_plain_header(json, transcript);
}

// An escape in the first name leads the long way.
const std::string kPlainStart = R"({"A":)";
const std::string kOtherStart = R"({"\u0041":)";

void check_alike(const std::string& rest) {
  CAPTURE(rest);
  CHECK(told(kPlainStart + rest, kPlainStart.size()) == told(kOtherStart + rest, kOtherStart.size()));
}

const std::string kRest =
    R"({"dtype":"F32","shape":[2, 3],"data_offsets":[0,24]}, "__metadata__":{"format":"pt","a":""},)"
    R"("b" : {"data_offsets":[24,18446744073709551615],"shape":[],"dtype":"U8"}} )";

}  // namespace

TEST_CASE("safetensors: the short way is taken for what libraries write") {
  CHECK(is_plain("{}"));
  CHECK(is_plain("\n{ } "));
  CHECK(is_plain(R"({"__metadata__":{}})"));
  CHECK(is_plain(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})"));
  CHECK(is_plain(R"({"a" : {"shape": [10, 0], "data_offsets": [0, 0], "dtype": "F32"}})"));
}

TEST_CASE("safetensors: the short way is left for anything else") {
  for (
      const char* json : {
          "",
          "{",
          "[]",
          "{}x",
          "{}}",
          "{,}",  //
          R"({"a":1})",
          R"({"a":{}})",
          R"({"a":{"dtype":"F32","shape":[]}})",                                           // members missing
          R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}})",                // one too many
          R"({"a":{"dtype":"F32","shape":[],"shape":[],"data_offsets":[0,4]}})",           // one twice
          R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},})",                     //
          R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0]}})",                        //
          R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,1,2]}})",                    //
          R"({"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}})",                    //
          R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",                    //
          R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",                   //
          R"({"a":{"dtype":"F32","shape":[1e1],"data_offsets":[0,4]}})",                   //
          R"({"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}})",  //
          R"({"a":{"dtype":"F\u0033","shape":[],"data_offsets":[0,4]}})",                  //
          R"({"ä":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",                      //
          R"({"__metadata__":{"a":1}})",
          R"({"__metadata__":{"a":"","a":""}})",  //
          R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
      }) {
    CAPTURE(json);
    CHECK_FALSE(is_plain(json));
  }
}

TEST_CASE("safetensors: both ways tell the same of a header with any byte changed, left out or put in") {
  check_alike(kRest);
  for (std::size_t i = 0; i < kRest.size(); ++i) {
    check_alike(kRest.substr(0, i));
    check_alike(kRest.substr(0, i) + kRest.substr(i + 1));
    for (const char c : std::string("\"{}[],:019-.eb \n\t\\\x1f\x7f\x80\xc3") + '\0') {
      std::string changed = kRest;
      changed[i] = c;
      check_alike(changed);
      check_alike(kRest.substr(0, i) + c + kRest.substr(i));
    }
  }
}

TEST_CASE("safetensors: both ways tell the same of names that stand twice and of many dimensions") {
  for (const char* twice : {"A", "b", "__metadata__", "B"}) {
    check_alike(kRest.substr(0, kRest.size() - 2) + ",\"" + twice +
                R"(":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})");
  }
  for (const std::size_t rank : {254U, 255U, 256U, 300U}) {
    std::string shape = "1";
    for (std::size_t i = 1; i < rank; ++i) shape += ",1";
    check_alike(R"({"dtype":"U8","shape":[)" + shape + R"(],"data_offsets":[0,1]}})");
  }
}
