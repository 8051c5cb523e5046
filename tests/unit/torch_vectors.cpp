// Every checkpoint of tests/data/pt: what is in it, what is wrong with it.
#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"
#include "files.hpp"
#include "formats/torch/reader.hpp"
#include "vectors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

std::unique_ptr<torch::TorchModel> open_checkpoint(const std::string& path, Report& report,
                                                   std::string_view key = {}) {
  return std::make_unique<torch::TorchModel>(io::Input::open(path), key, report);
}

std::optional<std::size_t> tensor_named(const Model& model, std::string_view name) {
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (model.tensors()[i].name == name) return i;
  }
  return std::nullopt;
}

bool is_bad_checkpoint(const std::string& path) {
  return has_faults([&](Report& report) { return open_checkpoint(path, report); });
}

}  // namespace

TEST_CASE("torch vectors: tensors are what they should be") {
  std::size_t count = 0;
  for_each_vector("pt/expected.json", "good", [&](const std::string& name, const Value& expected) {
    const Value* const tensors = expected.find("tensors");
    // Folders and what is no checkpoint have tests of their own.
    if (tensors == nullptr || name.ends_with('/') || expected.find("expect") != nullptr ||
        name.starts_with("other/"))
      return;
    Report report;
    const auto model = open_checkpoint(data_path("pt/" + name), report);
    std::size_t dense = 0;
    for_each_element(tensors->array(), [&](const Value& tensor) {
      const Value* const unwrapped = tensor.find("name_unwrapped");
      const std::string_view wanted = (unwrapped != nullptr ? unwrapped : tensor.find("name"))->text();
      CAPTURE(wanted);
      if (tensor.find("unsupported") != nullptr) return true;
      const auto found = tensor_named(*model, wanted);
      REQUIRE(found);
      const Tensor& ours = model->tensors()[*found];
      CHECK(ours.dtype.name() == tensor.find("dtype")->text());
      CHECK(sha256_of(*model, *found, 1 << 20) == tensor.find("sha256")->text());
      CHECK(sha256_of(*model, *found, 3) == tensor.find("sha256")->text());
      ++dense;
      ++count;
      return true;
    });
    // Objects have parts beside them.
    if (name != "not-dense.pt") CHECK(model->tensors().size() == dense);
    CHECK(!is_bad_checkpoint(data_path("pt/" + name)));
  });
  CHECK(count > 130);
}

TEST_CASE("torch vectors: what is wrong is told") {
  for_each_vector("pt/expected.json", "bad", [&](const std::string& name, const Value&) {
    CHECK(is_bad_checkpoint(data_path("pt/bad/" + name)));
  });
  CHECK(is_bad_checkpoint(data_path("pt/collide.pt")));
  CHECK(is_bad_checkpoint(data_path("pt/other/exported.pt2")));
  CHECK(is_bad_checkpoint(data_path("pt/other/package.pt")));
  CHECK(is_bad_checkpoint(data_path("pt/other/plain.pkl")));
}

TEST_CASE("torch vectors: what is not dense is an object of its parts, or refused by name") {
  Report report;
  const auto model = open_checkpoint(data_path("pt/not-dense.pt"), report);
  REQUIRE(model->objects().size() == 5);
  const auto object_named = [&](std::string_view name) {
    const auto found = std::ranges::find(model->objects(), name, &Object::name);
    REQUIRE(found != model->objects().end());
    return *found;
  };
  const Object coo = object_named("coo");
  CHECK(coo.kind == Object::Kind::coo);
  CHECK(coo.shape == Shape{3, 3});
  CHECK(model->tensors()[*part_of(coo, "coords")].shape == Shape{6});
  CHECK(object_named("csr").kind == Object::Kind::csr);
  const Object quantized = object_named("q");
  CHECK(quantized.layout == "torch.per_tensor_affine");
  CHECK(quantized.attributes->find("scale")->as_double() == 0.5);
  CHECK(model->tensors()[*part_of(quantized, "int_repr")].dtype.name() == "I8");
  CHECK(object_named("qc").parts.size() == 3);
  CHECK(object_named("nt").layout == "torch.nested");
  const auto meta = tensor_named(*model, "meta");
  REQUIRE(meta);
  CHECK(model->tensors()[*meta].shape == Shape{3, 2});
  CHECK_THROWS_AS(model->require_copyable([](std::size_t) { return true; }), UnsupportedError);
  CHECK_NOTHROW(model->require_copyable([&](std::size_t i) { return i != *meta; }));
}

TEST_CASE("torch vectors: what is no tensor is metadata") {
  Report report;
  const auto numpy = open_checkpoint(data_path("pt/numpy-inside.ckpt"), report);
  const Metadata metadata = numpy->metadata();
  CHECK(metadata.find("w") == nullptr);
  REQUIRE(metadata.find("best_acc") != nullptr);
  CHECK(metadata.find("best_acc")->type == ValueType::f64);
  CHECK(metadata.find("best_acc")->as_double() == 0.75);
  REQUIRE(metadata.find("hist") != nullptr);
  CHECK(metadata.find("hist")->find("dtype")->text() == "<i4");
  CHECK(metadata.find("hist")->find("data")->text().size() == 16);
  const auto classes = open_checkpoint(data_path("pt/foreign-classes.ckpt"), report);
  const Metadata other = classes->metadata();
  REQUIRE(other.find("hparams") != nullptr);
  CHECK(other.find("hparams")->find("__class__")->text() == "argparse.Namespace");
  CHECK(other.find("hparams")->find("steps")->bits == 5);
}

TEST_CASE("torch vectors: a key chooses what lies under it") {
  Report report;
  const std::string path = data_path("pt/nested.ckpt");
  const auto state = open_checkpoint(path, report, "optimizer_states.0.state");
  REQUIRE(state->tensors().size() == 6);
  CHECK(state->tensors()[0].name == "0.step");
  const auto one = open_checkpoint(path, report, "state_dict.model.bias");
  REQUIRE(one->tensors().size() == 1);
  CHECK(one->tensors()[0].name == "model.bias");
  CHECK_THROWS_WITH_AS(open_checkpoint(path, report, "stat"),
                       doctest::Contains("nothing lies under the key 'stat'; there are 'state_dict'"),
                       UsageError);
}
