// Objects of several tensors.
#include "model/object.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <utility>

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
  const ObjectsOfTensors lookup(objects, 5);
  CHECK(lookup.of(0) == &objects[0]);
  CHECK(lookup.of(1) == nullptr);
  CHECK(lookup.of(3) == &objects[1]);
  CHECK(lookup.number_of(objects[1]) == 1);
  CHECK(lookup.of(4) == nullptr);
  CHECK(ObjectsOfTensors({}, 5).of(4) == nullptr);
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

TEST_CASE("object: meaning does not depend on order, nor on what a known layout is called") {
  const auto changed = [](const std::function<void(Object&)>& change) {
    Object other = object("a", {{"values", 1}, {"indices", 2}});
    other.attributes = Metadata{{{"x", Value::u64(1)}, {"y", Value::u64(2)}}};
    change(other);
    return other;
  };
  const Object first = changed([](Object&) {});
  const auto is_same = [&](const std::function<void(Object&)>& change) {
    return same_meaning(first, changed(change));
  };
  CHECK(is_same([](Object& other) { std::swap(other.parts[0], other.parts[1]); }));
  CHECK(is_same([](Object& other) { other.parts[0].tensor = 9; }));
  CHECK(
      is_same([](Object& other) { std::swap(other.attributes->entries[0], other.attributes->entries[1]); }));
  CHECK_FALSE(is_same([](Object& other) { other.layout = "other"; }));
  CHECK_FALSE(is_same([](Object& other) { other.shape = {6, 4}; }));
  CHECK_FALSE(is_same([](Object& other) { other.parts[0].type = "f8"; }));
  CHECK_FALSE(is_same([](Object& other) { other.parts.pop_back(); }));
  CHECK_FALSE(is_same([](Object& other) { other.attributes->entries[0].second = Value::u64(3); }));
  Object csr = first;
  csr.kind = Object::Kind::csr;
  Object other_name = csr;
  other_name.layout = "zt.sparse_csr/1";
  CHECK(same_meaning(csr, other_name));
  CHECK_FALSE(same_meaning(csr, first));
}

TEST_CASE("object: kinds have names") {
  for (const auto kind : {Object::Kind::other, Object::Kind::dense, Object::Kind::csr, Object::Kind::coo})
    CHECK(object_kind_named(name_of(kind)) == kind);
  CHECK(!object_kind_named("bsr"));
}
