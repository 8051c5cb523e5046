// What the GGUF writer refuses: tensors that have no place, and hostile sources.
#include <doctest/doctest.h>

#include "formats/gguf/writer.hpp"
#include "gguf_fixture.hpp"
#include "model/ggml_dtype.hpp"
#include "plan_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using aerotool::gguf_test::GgufBytes;
using aerotool::gguf_test::has;

namespace {

const gguf::GgufWriter kWriter;

/// Two tensors of a GGUF source: 20 bytes and 5.
struct Carrying {
  Carrying() {
    model.add("a", DTypeCode::f32, {5}).add("b", DTypeCode::i8, {5});
    Source& source = model.source();
    source.format = "gguf";
    source.version = 3;
    source.metadata.emplace();
    source.typed_metadata = true;
  }
  explicit Carrying(const GgufBytes& head) : Carrying() { model.source().head = bytes(head.bytes()); }

  std::string refusal() const { return test::refusal(kWriter, plan_of(model)); }
  std::string file() const { return written(kWriter, plan_of(model)); }
  Carrying& gap(std::uint64_t offset, std::string text) {
    model.source().gaps.emplace_back(offset, bytes(std::move(text)));
    return *this;
  }

  MadeUpModel model;
};

GgufBytes head(std::uint64_t second = 32) {
  return GgufBytes().header(2, 0).info("a", {5}, 0, 0).info("b", {5}, 24, second);
}

std::string data_of(std::string_view file, std::size_t size) {
  return std::string(file.substr(file.size() - size));
}

const std::string kA("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23", 20);
const std::string kB = "\1\2\3\4\5";

}  // namespace

TEST_CASE("gguf: tensors are padded to the alignment, the last too") {
  const Carrying carrying;
  CHECK(carrying.file() == head().pad().bytes() + kA + std::string(12, '\0') + kB + std::string(27, '\0'));
}

TEST_CASE("gguf: carried gaps stand where they stood") {
  Carrying same_length;
  same_length.gap(20, "123456789012").gap(37, "");
  CHECK(data_of(same_length.file(), 37) == kA + "123456789012" + kB);
  Carrying shifting(head(24).pad());
  shifting.gap(20, "gap!").gap(29, "end");
  CHECK(shifting.file() == head(24).pad().bytes() + kA + "gap!" + kB + "end");
  Carrying first(GgufBytes().header(2, 0).info("a", {5}, 0, 4).info("b", {5}, 24, 24).pad());
  first.gap(0, "1234").gap(24, "").gap(29, "");
  CHECK(data_of(first.file(), 29) == "1234" + kA + kB);
}

TEST_CASE("gguf: carried gaps that do not fit the tensors are refused") {
  CHECK(has(Carrying().gap(20, "x").refusal(),
            "the gap that it carries does not describe its tensors (it moves 'b')"));
  CHECK(has(Carrying().gap(0, "x").refusal(), "it moves 'a'"));
  CHECK(has(Carrying().gap(19, "x").refusal(), "it lies inside one, or out of order"));
  CHECK(has(Carrying().gap(37, "").gap(20, std::string(12, 'x')).refusal(), "out of order"));
  CHECK(has(Carrying().gap(37, "").gap(37, "").refusal(), "out of order"));
  CHECK(has(Carrying().gap(~std::uint64_t{0}, "x").refusal(), "out of order"));
  CHECK(has(Carrying(head().pad()).gap(20, "x").refusal(), "the head that it carries does not describe"));
}

TEST_CASE("gguf: a carried head that does not describe the tensors is refused") {
  CHECK(Carrying(head().pad()).refusal() == "no error");
  CHECK(has(Carrying(head()).refusal(), "it does not end where the data section begins"));
  CHECK(has(Carrying(head().pad().pad(4096)).refusal(), "it does not end where the data section begins"));
  CHECK(has(Carrying(head(64).pad()).refusal(), "it differs in 'b'"));
  CHECK(has(Carrying(GgufBytes().header(1, 0).info("a", {5}, 0, 0).pad()).refusal(), "it names 1 tensor"));
  CHECK(has(Carrying(GgufBytes().header(2, 0).info("a", {5}, 0, 0).info("c", {5}, 24, 32).pad()).refusal(),
            "'c'"));
  CHECK(has(Carrying(GgufBytes().header(2, 0).info("a", {5}, 0, 0).info("a", {5}, 0, 32).pad()).refusal(),
            "two tensors have this name"));
  CHECK(has(Carrying(GgufBytes().header(2, 0).info("a", {5}, 26, 0).info("b", {5}, 24, 32).pad()).refusal(),
            "'a'"));
  CHECK(has(Carrying(GgufBytes().header(2, 0).info("a", {5, 1}, 0, 0).info("b", {5}, 24, 32).pad()).refusal(),
            "'a'"));
  CHECK(has(Carrying(GgufBytes().raw("GGUF")).refusal(), "the file ends inside"));
  CHECK(has(Carrying(GgufBytes()).refusal(), "the file ends inside"));
  CHECK(has(Carrying(GgufBytes().header(~std::uint64_t{0}, 0).pad()).refusal(), "does not describe"));
  CHECK(has(Carrying(GgufBytes().header(2, ~std::uint64_t{0}).pad()).refusal(), "does not describe"));
}

TEST_CASE("gguf: a carried head of a file without data may be cut short") {
  MadeUpModel model;
  model.source() = Carrying().model.source();
  model.source().head = bytes(GgufBytes().header(0, 0).bytes());
  CHECK(written(kWriter, plan_of(model)).size() == 24);
}

TEST_CASE("gguf: carried metadata has to be such that it can be read again") {
  const auto refusal_with = [](const std::string& key, Value value) {
    Carrying carrying;
    carrying.model.source().metadata->entries.emplace_back(key, std::move(value));
    return carrying.refusal();
  };
  CHECK(refusal_with("general.alignment", Value::of(ValueType::u32, 64)) == "no error");
  CHECK(has(refusal_with("general.alignment", Value::of(ValueType::u32, 48)), "not a power of two"));
  CHECK(has(refusal_with("general.alignment", Value::of(ValueType::u32, 0)), "not a power of two"));
  CHECK(has(refusal_with("general.alignment", Value::u64(64)), "of type u32"));
  Value nested = Value::u64(0);
  for (int i = 0; i < 17; ++i) {
    Array array;
    array.element = nested.type;
    array.count = 1;
    array.items = {nested};
    nested = Value::array(std::move(array));
  }
  CHECK(has(refusal_with("key", nested), "nests arrays deeper than 16 levels"));
  CHECK(refusal_with("key", nested.array().items[0]) == "no error");

  Carrying carrying;
  carrying.model.source().version = 4;
  CHECK(has(carrying.refusal(), "of GGUF version 4"));
  carrying.model.source().version = 2;
  CHECK(carrying.file()[4] == 2);
}

TEST_CASE("gguf: metadata of another kind is looked at for text alone") {
  Carrying carrying;
  carrying.model.source().format = "safetensors";
  carrying.model.source().metadata->entries.emplace_back("general.architecture", Value::string("x"));
  carrying.model.source().metadata->entries.emplace_back("key", Value::u64(1));
  CHECK(carrying.refusal() == "no error");
  CHECK(kWriter.draft(plan_of(carrying.model))->summary().lost ==
        std::vector<std::string>{"metadata 'key': it is not text"});
}

TEST_CASE("gguf: tensors that GGUF has no place for are named") {
  const auto refusal_with = [](const std::string& name, DType dtype, Shape shape) {
    MadeUpModel model;
    model.add(name, dtype, std::move(shape));
    Plan plan = plan_of(model);
    plan.edits.architecture = "x";
    return refusal(kWriter, plan);
  };
  for (const DTypeCode code :
       {DTypeCode::u8, DTypeCode::u16, DTypeCode::u32, DTypeCode::u64, DTypeCode::boolean}) {
    CHECK(refusal_with("t", code, {1}) ==
          "made-up.aero: tensor 't': GGUF has no type for " + std::string(DType(code).name()));
  }
  CHECK(has(refusal_with("t", *dtype_named("F8_E4M3"), {1}), "GGUF has no type for F8_E4M3"));
  // Decoding helps where there is no type, and nowhere else.
  CHECK_FALSE(has(refusal_with(std::string(64, 'n'), *ggml_dtype(12), {256}), "--dequantize"));
  CHECK(refusal_with("t", DTypeCode::f32, {1, 1, 1, 1}) == "no error");
  CHECK(has(refusal_with("t", DTypeCode::f32, {1, 1, 1, 1, 1}), "has 5 dimensions; GGUF allows 4"));
  CHECK(refusal_with(std::string(63, 'n'), DTypeCode::f32, {1}) == "no error");
  CHECK(
      has(refusal_with(std::string(64, 'n'), DTypeCode::f32, {1}), "its name has 64 bytes; GGUF allows 63"));
  CHECK(has(refusal_with(std::string("a\0b", 3), DTypeCode::f32, {1}), "a NUL"));
}

TEST_CASE("gguf: an architecture is needed, and what AERO puts where there is none is not one") {
  MadeUpModel model;
  model.add("t", DTypeCode::f32, {1});
  for (const char* architecture : {"", "unknown"}) {
    model.view.architecture = architecture;
    CHECK(refusal(kWriter, plan_of(model)) ==
          "made-up.aero: GGUF needs an architecture; --architecture names one");
  }
  model.view.architecture = "llama";
  CHECK(refusal(kWriter, plan_of(model)) == "no error");
}

TEST_CASE("gguf: a size that is not its shape's is refused") {
  MadeUpModel model;
  model.add("t", DTypeCode::f32, {3});
  model.tensors()[0].size = 16;
  CHECK(has(refusal(kWriter, plan_of(model)), "F32 [3] has a size of 12 bytes, not 16"));
}
