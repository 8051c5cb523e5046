// What diff does, without a command line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/text.hpp"
#include "io/input.hpp"
#include "plan_fixture.hpp"
#include "tasks/compare/compare.hpp"

using namespace aerotool;
using Kind = tasks::TensorDifference::Kind;

namespace {

tasks::ModelDifference compared(const Model& a, const Model& b) {
  return tasks::compare_models(a, b, {}, {});
}

/// A file of which only facts are known, and that counts up.
class FileOfFacts final : public io::Input {
 public:
  FileOfFacts(const std::string& name, bool is_remote)
      : Input(name, {1, 1}, {kSize, 0, 0}), is_remote_(is_remote) {}
  bool is_here() const override { return !is_remote_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    REQUIRE(is_here());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(offset + i);
  }
  Bytes view(std::uint64_t, std::uint64_t) const override { return {}; }
  void require_unchanged() const override {}
  std::uint64_t preferred_block_size() const override { return kSize; }

  static constexpr std::uint64_t kSize = 4;

 private:
  bool is_remote_;
};

/// Of one file, with one tensor.
class ModelOfFile final : public test::MadeUpModel {
 public:
  ModelOfFile(bool is_remote, std::optional<Digest> sha256) : file_("file", is_remote), sha256_(sha256) {
    add("t", DTypeCode::u8, {4});
  }
  std::vector<ModelFile> files() const override { return {{&file_, sha256_}}; }
  ModelFile file_of(std::size_t) const override { return {&file_, sha256_}; }
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override {
    ++reads;
    MadeUpModel::read(tensor, offset, out);
  }
  mutable int reads = 0;

 private:
  FileOfFacts file_;
  std::optional<Digest> sha256_;
};

Digest digest_of(const char* hex) {
  Digest digest{};
  REQUIRE(from_hex(hex, digest));
  return digest;
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

TEST_CASE(
    "compare: of what is on a server hashes of whole files are compared, and what is not known is said") {
  // Of 00 01 02 03.
  const Digest right = digest_of("054edec1d0211f624fed0cbca9d4f9400b0e491c43742af2c5b0abebf0c990d8");
  const Digest wrong{};
  struct Case {
    bool a_is_remote;
    std::optional<Digest> a;
    std::optional<Digest> b;
    bool same;
  };
  for (const Case& c :
       {Case{true, right, right, true}, Case{true, wrong, wrong, true}, Case{true, right, wrong, false},
        Case{true, right, {}, false}, Case{true, {}, {}, false}, Case{false, {}, right, true},
        Case{false, {}, wrong, false}, Case{false, right, {}, false}, Case{false, {}, {}, false}}) {
    const ModelOfFile a(c.a_is_remote, c.a);
    const ModelOfFile b(true, c.b);
    for (const auto& [x, y] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const tasks::ModelDifference found = compared(*x, *y);
      CHECK(found.none());
      CHECK(found.same() == c.same);
      CHECK(found.weights.by_hash == (c.same ? 1 : 0));
      CHECK(found.weights.same() == (c.same ? 1 : 0));
      CHECK(found.weights.not_compared == (c.same ? 0 : 1));
      CHECK(found.weights.not_compared_bytes == (c.same ? 0 : 4));
    }
    CHECK(a.reads + b.reads == 0);
    CHECK(tasks::compare_models(a, b, {.full = true}, {}).same());
    CHECK(a.reads > 0);
    CHECK(b.reads > 0);
  }
  const ModelOfFile local(false, {});
  CHECK(compared(local, local).same());
  CHECK(local.reads > 0);
}

TEST_CASE("compare: hashes that differ tell of a difference on a server without a read") {
  ModelOfFile a(true, {});
  ModelOfFile b(false, {});
  a.tensors().front().digest = Digest{};
  b.tensors().front().digest = digest_of("054edec1d0211f624fed0cbca9d4f9400b0e491c43742af2c5b0abebf0c990d8");
  const tasks::ModelDifference found = compared(a, b);
  REQUIRE(found.weights.tensors.size() == 1);
  CHECK(found.weights.tensors.front().kind == Kind::hash);
  CHECK(found.weights.not_compared == 0);
  CHECK(a.reads + b.reads == 0);
}
