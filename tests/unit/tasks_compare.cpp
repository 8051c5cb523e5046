// What diff does, without a command line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "plan_fixture.hpp"
#include "tasks/compare/compare.hpp"

using namespace aerotool;
using Kind = tasks::TensorDifference::Kind;

namespace {

tasks::ModelDifference compared(const Model& a, const Model& b) {
  return tasks::compare_models(a, b, {}, {});
}

}  // namespace

TEST_CASE("compare: a model is the same as itself") {
  test::MadeUpModel model;
  model.add("a", DTypeCode::u8, {4}).add("b", DTypeCode::f32, {2, 2});
  const tasks::ModelDifference found = compared(model, model);
  CHECK(found.none());
  CHECK(found.weights.in_both == 2);
  CHECK(found.weights.in_both_bytes == 20);
}

TEST_CASE("compare: tensors are told by how gravely they differ") {
  test::MadeUpModel a;
  a.add("same", DTypeCode::u8, {4}).add("bytes", DTypeCode::u8, {4}).add("form", DTypeCode::u8, {4});
  a.add("gone", DTypeCode::u8, {1});
  test::MadeUpModel b;
  b.add("same", DTypeCode::u8, {4}).add("form", DTypeCode::u8, {2, 2}).add("bytes", DTypeCode::u8, {4});
  b.add("new", DTypeCode::u8, {1});
  const tasks::ModelDifference found = compared(a, b);
  CHECK_FALSE(found.none());
  std::vector<Kind> kinds;
  for (const tasks::TensorDifference& tensor : found.weights.tensors) kinds.push_back(tensor.kind);
  CHECK(kinds == std::vector{Kind::only_in_a, Kind::only_in_b, Kind::form, Kind::bytes});
  CHECK(found.weights.tensors.back().bytes.changed == 4);
  CHECK(found.weights.in_both == 3);
}

TEST_CASE("compare: metadata counts, and the listener follows the weights") {
  test::MadeUpModel a;
  a.add("t", DTypeCode::u8, {4});
  a.source().metadata = Metadata{{{"key", Value::string(std::string("old"))}}};
  test::MadeUpModel b;
  b.add("skipped", DTypeCode::u8, {1}).add("t", DTypeCode::u8, {4});
  b.source().metadata = Metadata{{{"key", Value::string(std::string("new"))}}};
  tasks::Listener listener;
  std::uint64_t total = 0;
  listener.follow = [&](const std::string&, const tasks::Listener::Work& work) {
    io::Progress progress;
    work(&progress);
    total = progress.total;
  };
  const tasks::ModelDifference found = tasks::compare_models(a, b, {}, listener);
  REQUIRE(found.metadata.size() == 1);
  CHECK(found.metadata.front().key == "key");
  CHECK(total == 4);
}
