// Objects of several tensors.
#include "model/object.hpp"

#include <doctest/doctest.h>

using namespace aerotool;

namespace {

Object object(std::string name, std::vector<Object::Part> parts) {
  Object object;
  object.name = std::move(name);
  object.layout = "sparse_csr";
  object.shape = {4, 6};
  object.parts = std::move(parts);
  return object;
}

}  // namespace

TEST_CASE("object: parts are found by their roles, and objects by their parts") {
  const std::vector<Object> objects = {object("a", {{"values", 2}, {"indices", 0}}),
                                       object("b", {{"values", 3}})};
  CHECK(problem_of(objects, 5).empty());
  CHECK(part_of(objects[0], "indices") == std::size_t{0});
  CHECK(!part_of(objects[0], "indptr"));
  const auto of = objects_of_tensors(objects, 5);
  CHECK(of[0] == std::size_t{0});
  CHECK(!of[1]);
  CHECK(of[3] == std::size_t{1});
  CHECK(!of[4]);
}

TEST_CASE("object: parts and names that are not there once are told") {
  const auto problem = [](const std::vector<Object>& objects) { return problem_of(objects, 3); };
  CHECK(problem({}).empty());
  CHECK(problem({object("a", {})}) == "object 'a' has no parts");
  CHECK(problem({object("a", {{"values", 3}})}) == "object 'a': its part 'values' is no tensor of the model");
  CHECK(problem({object("a", {{"values", 1}, {"values", 2}})}) ==
        "object 'a': its part 'values' is there twice");
  CHECK(problem({object("a", {{"values", 1}}), object("b", {{"x", 1}})}) ==
        "object 'b': its part 'x' is a part already");
  CHECK(problem({object("a", {{"values", 1}}), object("a", {{"x", 2}})}) == "object 'a' is there twice");
}
