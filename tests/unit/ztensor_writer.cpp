// What the writers of zTensor make of plans.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/text.hpp"
#include "plan_fixture.hpp"
#include "transfer/format.hpp"

namespace aerotool {
const Format& ztensor_format();
const Format& ztensor_1_2_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A file that a writer made, read again.
class Again {
 public:
  Again(const Format& format, const Plan& plan) {
    path_ = directory_.file("m.zt");
    write_file(path_, written(*format.writer(), plan));
    Report report;
    model_ = ztensor_format().open(io::Input::open(path_), report);
  }

  const Model& model() const { return *model_; }
  std::string bytes() const { return read_file(path_); }
  std::size_t index_of(std::string_view name) const {
    for (std::size_t i = 0; i < model_->tensors().size(); ++i) {
      if (model_->tensors()[i].name == name) return i;
    }
    throw std::runtime_error("no such tensor");
  }
  StoredRange range_of(std::string_view name) const { return *model_->stored_range(index_of(name)); }
  std::string problems() const {
    Report report(Report::Mode::judge);
    model_->check({.level = CheckLevel::full}, report);
    std::string all;
    for (const Finding& finding : report.findings()) all += finding.message + "\n";
    return all;
  }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  std::unique_ptr<Model> model_;
};

void check_same_bytes(const Model& a, std::size_t tensor_a, const Model& b, std::size_t tensor_b) {
  std::vector<std::byte> bytes_a(a.tensors()[tensor_a].size);
  std::vector<std::byte> bytes_b(b.tensors()[tensor_b].size);
  REQUIRE(bytes_a.size() == bytes_b.size());
  a.read(tensor_a, 0, bytes_a);
  b.read(tensor_b, 0, bytes_b);
  CHECK(bytes_a == bytes_b);
}

MadeUpModel& sample(MadeUpModel& model) {
  // The first one's bytes are 0 and 1, as those of a bool have to be.
  return model.add("flags", DTypeCode::boolean, {2})
      .add("b", DTypeCode::f32, {3, 5})
      .add("aa", DTypeCode::bf16, {2'000'000})
      .add("empty", DTypeCode::i8, {0, 4});
}

void check_round_trip(const Format& format, const Plan& plan, const Model& model) {
  const Again again(format, plan);
  CHECK(again.problems().empty());
  REQUIRE(again.model().tensors().size() == model.tensors().size());
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const Tensor& tensor = model.tensors()[i];
    CAPTURE(tensor.name);
    const std::size_t there = again.index_of(tensor.name);
    CHECK(again.model().tensors()[there].dtype == tensor.dtype);
    CHECK(again.model().tensors()[there].shape == tensor.shape);
    check_same_bytes(model, i, again.model(), there);
  }
}

}  // namespace

TEST_CASE("ztensor writer: both versions, raw and compressed, with every hash and none") {
  MadeUpModel model;
  sample(model);
  for (const char* hash : {"default", "sha256", "none"}) {
    for (const char* level : {"none", "3", "19"}) {
      CAPTURE(hash);
      CAPTURE(level);
      for (const unsigned jobs : {1U, 4U}) {
        Plan plan = plan_of(model);
        plan.jobs = jobs;
        plan.options.parse(write::tensor_hash(), hash);
        plan.options.parse(write::compress(), level);
        check_round_trip(ztensor_format(), plan, model);
        check_round_trip(ztensor_1_2_format(), plan, model);
      }
    }
  }
}

TEST_CASE("ztensor writer: the number of threads does not change a byte") {
  MadeUpModel model;
  sample(model);
  const auto with_jobs = [&](unsigned jobs) {
    Plan plan = plan_of(model);
    plan.jobs = jobs;
    plan.options.set(write::compress(), 3);
    return written(*ztensor_format().writer(), plan);
  };
  CHECK(with_jobs(1) == with_jobs(7));
}

TEST_CASE("ztensor writer: parts of equal bytes share a blob, whatever their dtypes") {
  MadeUpModel model;
  // Each tensor's bytes count up from its number: 0 and 256 begin alike.
  for (int i = 0; i < 256; ++i) model.add("t" + std::to_string(i), DTypeCode::u8, {10'000});
  model.add("u", DTypeCode::i16, {5'000});
  const Again again(ztensor_format(), plan_of(model));
  CHECK(again.problems().empty());
  CHECK(again.range_of("u").offset == again.range_of("t0").offset);
  CHECK(again.range_of("t1").offset != again.range_of("t0").offset);
  check_same_bytes(model, 256, again.model(), again.index_of("u"));
}

TEST_CASE("ztensor writer: blobs begin at multiples of the alignment") {
  MadeUpModel model;
  sample(model);
  Plan plan = plan_of(model);
  // src/formats/ztensor/FORMAT.md, "Canonical form (the default of writer and CLI)".
  CHECK(Again(ztensor_format(), plan).range_of("aa").offset == 65'536);
  plan.options.set(write::align(), 4096);
  CHECK(Again(ztensor_format(), plan).range_of("aa").offset == 4096);
  CHECK(Again(ztensor_format(), plan).range_of("b").offset == 4096 + 4'001'792);
  plan.options.set(write::align(), 2048);
  CHECK(has(refusal(*ztensor_format().writer(), plan), "--align takes at least 4096 for zTensor, not 2048"));
}

TEST_CASE("ztensor writer: hashes that a version does not have are refused") {
  MadeUpModel model;
  sample(model);
  Plan plan = plan_of(model);
  plan.options.parse(write::tensor_hash(), "crc32c");
  CHECK(
      has(refusal(*ztensor_format().writer(), plan), "zTensor 2 has xxh3 and sha256 of tensors, not crc32c"));
  plan.options.parse(write::tensor_hash(), "xxh3");
  CHECK(has(refusal(*ztensor_1_2_format().writer(), plan),
            "zTensor 1.2 has crc32c and sha256 of tensors, not xxh3"));
}

TEST_CASE("ztensor writer: names that version 2 does not have are refused") {
  const auto refused = [](const std::string& name) {
    MadeUpModel model;
    model.add(name, DTypeCode::u8, {1});
    return refusal(*ztensor_format().writer(), plan_of(model));
  };
  CHECK(has(refused(""), "a tensor's name is empty"));
  CHECK(has(refused(std::string("a\0b", 3)), "a tensor's name has a NUL in it"));
  CHECK(has(refused("\xff"), "a tensor's name is not UTF-8"));
  CHECK(has(refused(std::string(1025, 'a')), "a tensor's name has more than 1024 bytes"));
  CHECK(refused(std::string(1024, 'a')) == "no error");
}

TEST_CASE("ztensor writer: types that a version does not have are refused") {
  const auto refused = [](const Format& format, const char* type) {
    MadeUpModel model;
    model.add("w", *dtype_named(type), {32});
    return refusal(*format.writer(), plan_of(model));
  };
  CHECK(has(refused(ztensor_format(), "F6_E2M3"), "zTensor has no type for F6_E2M3"));
  for (const char* type : {"F4", "F8_E4M3", "F8_E8M0", "C64", "C128", "F8_E5M2FNUZ"})
    CHECK(refused(ztensor_format(), type) == "no error");
  CHECK(has(refused(ztensor_1_2_format(), "F8_E8M0"), "zTensor has no type for F8_E8M0"));
  for (const char* type : {"F8_E4M3", "C64", "C128"})
    CHECK(refused(ztensor_1_2_format(), type) == "no error");
}

TEST_CASE("ztensor writer: an empty model has the size that the releases give it") {
  MadeUpModel model;
  // src/formats/ztensor/FORMAT.md, "Version 1 (1.0, 1.1, 1.2)".
  CHECK(written(*ztensor_1_2_format().writer(), plan_of(model)).size() == 48);
  CHECK(Again(ztensor_format(), plan_of(model)).model().tensors().empty());
}
