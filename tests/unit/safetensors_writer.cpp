// What the safetensors writer refuses: tensors that have no place, and hostile sources.
#include <doctest/doctest.h>

#include "formats/safetensors/writer.hpp"
#include "model/ggml_dtype.hpp"
#include "plan_fixture.hpp"
#include "safetensors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using aerotool::safetensors_test::file_of;
using aerotool::safetensors_test::has;

namespace {

const safetensors::SafetensorsWriter kWriter;

constexpr const char* kHead =
    R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}, "a":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";

/// Two tensors of a safetensors source that carries a head.
struct Carrying {
  explicit Carrying(const std::string& head) {
    model.add("a", DTypeCode::u8, {3}).add("b", DTypeCode::f32, {2});
    model.source().format = "safetensors";
    model.source().head = bytes(head);
  }
  std::string refusal() const { return test::refusal(kWriter, plan_of(model)); }

  MadeUpModel model;
};

std::string refusal_of(const std::string& head) {
  return Carrying(head).refusal();
}

std::string replaced(std::string text, const std::string& part, const std::string& other) {
  return text.replace(text.find(part), part.size(), other);
}

}  // namespace

TEST_CASE("a carried head is written as it is") {
  const Carrying carrying(file_of(kHead));
  const std::string file = written(kWriter, plan_of(carrying.model));
  CHECK(file == file_of(kHead) + std::string("\1\2\3\4\5\6\7\10\0\1\2", 11));
}

TEST_CASE("a carried head that does not describe the tensors is refused") {
  CHECK(refusal_of(file_of(kHead)) == "no error");
  CHECK(refusal_of(file_of(replaced(kHead, "\"a\"", "\"c\""))) ==
        "made-up.aero: the head that it carries does not describe its tensors (it differs in 'a'); --include "
        "'*' "
        "leaves it out");
  CHECK(has(refusal_of(file_of(replaced(kHead, "U8", "I8"))), "(it differs in 'a')"));
  CHECK(has(refusal_of(file_of(replaced(kHead, "[3]", "[1,3]"))), "(it differs in 'a')"));
  CHECK(has(refusal_of(file_of(replaced(kHead, "[3]", "[4]"))), "takes 4"));
  CHECK(has(refusal_of(file_of(replaced(replaced(kHead, "[0,8]", "[3,11]"), "[8,11]", "[0,3]"))),
            "(it differs in"));
  CHECK(has(refusal_of(file_of(replaced(kHead, "[8,11]", "[9,12]"))), "does not describe"));
  CHECK(has(refusal_of(file_of(R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})")),
            "belong to no tensor"));
  CHECK(has(refusal_of(file_of("{}")), "belong to no tensor"));
  CHECK(has(refusal_of(file_of("[]")), "not with '{'"));
  CHECK(has(refusal_of(file_of(std::string(kHead) + "x")), "does not describe"));
}

TEST_CASE("a carried head whose length is wrong is refused") {
  CHECK(has(refusal_of(""), "(its length is wrong)"));
  CHECK(has(refusal_of("1234567"), "(its length is wrong)"));
  CHECK(has(refusal_of(file_of(kHead) + " "), "(its length is wrong)"));
  CHECK(has(refusal_of(std::string(8, '\xff') + kHead), "(its length is wrong)"));
}

TEST_CASE("a carried order has to name every tensor once") {
  for (const std::vector<std::uint64_t>& order : {std::vector<std::uint64_t>{0}, {0, 0}, {0, 2}, {0, 1, 1}}) {
    Carrying carrying(file_of(kHead));
    carrying.model.source().head.reset();
    carrying.model.source().order = order;
    CHECK(has(carrying.refusal(), "does not name every tensor once"));
  }
}

TEST_CASE("carried metadata has to be text, and gaps have no place") {
  const auto refusal_with = [](const std::string& key, Value value) {
    Carrying carrying(file_of(kHead));
    carrying.model.source().head.reset();
    Metadata& metadata = carrying.model.source().metadata.emplace();
    metadata.entries.emplace_back("key", Value::string("value"));
    metadata.entries.emplace_back(key, std::move(value));
    return carrying.refusal();
  };
  CHECK(refusal_with("other", Value::string("")) == "no error");
  CHECK(has(refusal_with("key", Value::string("")), "'key' is duplicated"));
  CHECK(has(refusal_with("other", Value::string("\xff")), "'other' is not UTF-8 text"));
  CHECK(has(refusal_with("other", Value::u64(1)), "'other' is not UTF-8 text"));
  CHECK(has(refusal_with("\xff", Value::string("")), "is not UTF-8 text"));

  Carrying carrying(file_of(kHead));
  carrying.model.source().gaps.emplace_back(0, bytes("x"));
  CHECK(has(carrying.refusal(), "gaps"));
}

TEST_CASE("tensors that safetensors has no place for are named") {
  const auto refusal_with = [](const std::string& name, DType dtype, Shape shape) {
    MadeUpModel model;
    model.add(name, dtype, std::move(shape));
    return refusal(kWriter, plan_of(model));
  };
  CHECK(refusal_with("t", *ggml_dtype(12), {256}) ==
        "made-up.aero: tensor 't': safetensors has no type for Q4_K; --dequantize decodes quantized types");
  CHECK(refusal_with("__metadata__", DTypeCode::u8, {1}) ==
        "made-up.aero: tensor '__metadata__': safetensors reserves this name");
  CHECK(has(refusal_with("\xff", DTypeCode::u8, {1}), "its name is not UTF-8"));
  CHECK(has(refusal_with("t", DTypeCode::u8, Shape(256, 1)), "a shape of 256 dimensions"));
  CHECK(refusal_with("t", DTypeCode::u8, Shape(255, 1)) == "no error");
  CHECK(
      has(refusal_with(std::string(100'000'000, 'n'), DTypeCode::u8, {1}), "safetensors allows 100,000,000"));
}

TEST_CASE("a size that is not its shape's is refused") {
  MadeUpModel model;
  model.add("t", DTypeCode::f32, {3});
  model.tensors()[0].size = 16;
  CHECK(refusal(kWriter, plan_of(model)) ==
        "made-up.aero: tensor 't': F32 [3] has a size of 12 bytes, not 16");
}

TEST_CASE("what only AERO has a place for is a loss") {
  MadeUpModel model;
  model.add("t", DTypeCode::f32, {3});
  CHECK(kWriter.draft(plan_of(model))->summary().lost.empty());
  model.own.more = true;
  CHECK(kWriter.draft(plan_of(model))->summary().lost ==
        std::vector<std::string>{"chunks and keys of made-up.aero that only AERO has a place for"});
  model.own.more = false;
  model.own.members.emplace_back(Value::string("key"), Value::string("text"));
  CHECK(kWriter.draft(plan_of(model))->summary().lost.empty());
  CHECK(has(written(kWriter, plan_of(model)), R"("__metadata__":{"key":"text"})"));
  model.own.members.emplace_back(Value::string("other"), Value::u64(1));
  CHECK(kWriter.draft(plan_of(model))->summary().lost.size() == 1);
}
