// What an index says of a model beside its files.
#include <doctest/doctest.h>

#include "model/index_metadata.hpp"

using namespace aerotool;

TEST_CASE("metadata of an index is rendered as Python does it, without total_size") {
  CHECK(metadata_of_index(R"({"metadata":{"total_size":5},"weight_map":{}})").empty());
  CHECK(metadata_of_index(R"({"weight_map":{"metadata":"x"}})").empty());
  CHECK(metadata_of_index(R"({"other":{"metadata":{"a":1}}})").empty());
  CHECK(metadata_of_index(R"({"metadata":[1,{"a":2}]})").empty());
  CHECK(metadata_of_index(R"({"metadata":"text"})").empty());
  CHECK(metadata_of_index("no JSON").empty());
  CHECK(metadata_of_index(R"({"metadata":{"a":1},"metadata":{"b":1}})").empty());
  const IndexMetadata found = metadata_of_index(
      R"({"metadata":{"z":[],"b":{"y":[1.50,null],"x":{}},"total_size":{"total_size":1},"a":"\u00e9\n"},"more":[{"c":1}]})");
  REQUIRE(found.size() == 3);
  CHECK(found[0] == std::pair<std::string, std::string>("a", R"("\u00e9\n")"));
  CHECK(found[1] ==
        std::pair<std::string, std::string>(
            "b", "{\n      \"x\": {},\n      \"y\": [\n        1.50,\n        null\n      ]\n    }"));
  CHECK(found[2] == std::pair<std::string, std::string>("z", "[]"));
}
