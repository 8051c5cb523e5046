// PyTorch checkpoints as they are written: what stands in the archive, what comes back, what is refused.
#include "formats/torch/writer.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <string>

#include "encoding/value_builder.hpp"
#include "formats/torch/reader.hpp"
#include "formats/torch/types.hpp"
#include "formats/torch/written_pickle.hpp"
#include "hash/crc32.hpp"
#include "plan_fixture.hpp"
#include "zip_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using namespace std::string_view_literals;

namespace {

const torch::TorchWriter kTorch;

/// What is written, opened again.
struct ReadBack {
  explicit ReadBack(const std::string& bytes) : file(bytes), report(Report::Mode::judge) {
    model = std::make_unique<torch::TorchModel>(io::Input::open(file.path()), std::string_view(), report);
    model->check({.level = CheckLevel::full}, report);
  }

  TemporaryFile file;
  Report report;
  std::unique_ptr<torch::TorchModel> model;
};

std::string opcodes_of(const Value& value) {
  std::string text;
  REQUIRE(torch::append_value(value, text));
  return text;
}

bool has_place(const Value& value) {
  std::string text;
  return torch::append_value(value, text);
}

}  // namespace

TEST_CASE("torch writer: every member is stored, aligned and sound") {
  MadeUpModel model;
  model.add("b", DTypeCode::f32, {3, 2}).add("a", DTypeCode::u16, {5}).add("none", DTypeCode::i64, {0, 4});
  const std::string file = written(kTorch, plan_of(model));
  const OpenedZip zip(file);
  CHECK(zip.findings.empty());
  std::vector<std::string_view> names;
  for (const zip::Entry& entry : zip.archive->entries()) {
    CAPTURE(entry.name);
    names.push_back(entry.name);
    CHECK(entry.data % 64 == 0);
    CHECK_FALSE(entry.is_deflated());
    CHECK(entry.crc == hash::crc32(aerotool::bytes_of(file).subspan(entry.data, entry.size)));
  }
  const std::vector<std::string_view> expected = {"archive/data.pkl", "archive/byteorder", "archive/version",
                                                  "archive/data/0",   "archive/data/1",    "archive/data/2"};
  CHECK(names == expected);
  CHECK(zip.text_of(1) == "little");
  CHECK(zip.text_of(2) == "3\n");
  CHECK(zip.text_of(3) == "\1\2\3\4\5\6\7\x8\x9\xa");
  CHECK(zip.archive->entry(5).size == 0);
  CHECK(written(kTorch, plan_of(model)) == file);
}

TEST_CASE("torch writer: the pickle, opcode by opcode") {
  MadeUpModel model;
  model.add("a", DTypeCode::u16, {2}).add("w", DTypeCode::f32, {2, 3});
  const OpenedZip zip(written(kTorch, plan_of(model)));
  CHECK(zip.text_of(0) ==
        "\x80\2ccollections\nOrderedDict\n)R("
        "X\1\0\0\0a"
        "ctorch._utils\n_rebuild_tensor_v3\n("
        "(X\7\0\0\0storagectorch.storage\nUntypedStorage\nX\1\0\0\0"
        "0X\3\0\0\0cpuK\4tQ"
        "K\0K\2\x85K\1\x85\x89"
        "ccollections\nOrderedDict\n)Rctorch\nuint16\ntR"
        "X\1\0\0\0w"
        "ctorch._utils\n_rebuild_tensor_v2\n("
        "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
        "1X\3\0\0\0cpuK\6tQ"
        "K\0K\2K\3\x86K\3K\1\x86\x89"
        "ccollections\nOrderedDict\n)RtR"
        "u."sv);
}

TEST_CASE("torch writer: every type that torch has comes back, in shapes of every rank") {
  const std::string_view names[] = {"F32",         "F64",     "F16", "BF16",    "I8",      "U8",
                                    "I16",         "I32",     "I64", "BOOL",    "C64",     "C128",
                                    "U16",         "U32",     "U64", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ",
                                    "F8_E5M2FNUZ", "F8_E8M0", "F4"};
  const Shape shapes[] = {{}, {6}, {3, 4}, {2, 3, 4}, {2, 1, 3, 2}, {0, 2}, {1, 1, 1, 1, 1, 2}};
  MadeUpModel model;
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < std::size(shapes); ++i) {
      if (name == "F4" && shapes[i].empty()) continue;
      model.add(std::string(name) + "." + std::to_string(i), *dtype_named(name), shapes[i]);
    }
  }
  for (const std::string_view name : {"complex32", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"}) {
    const torch::ElementType* const type = torch::element_type_named(name);
    REQUIRE(type != nullptr);
    model.add(std::string(name), type->dtype(), {3});
  }
  const Plan plan = plan_of(model);
  const ReadBack back(written(kTorch, plan));
  CHECK(back.report.fault_count() == 0);
  CHECK(back.model->tensors().size() == plan.tensors.size());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const Tensor& expected = plan.tensors[i].tensor();
    const Tensor& found = back.model->tensors()[i];
    CAPTURE(expected.name);
    CHECK(found.name == expected.name);
    CHECK(found.dtype == expected.dtype);
    CHECK(found.shape == expected.shape);
    std::vector<std::byte> bytes(expected.size);
    std::vector<std::byte> read(found.size);
    plan.tensors[i].read(0, bytes);
    back.model->read(i, 0, read);
    CHECK(read == bytes);
  }
  CHECK_FALSE(back.model->source().order);
}

TEST_CASE("torch writer: an order that a checkpoint had is kept") {
  MadeUpModel model;
  model.add("a", DTypeCode::u8, {1}).add("b", DTypeCode::u8, {1}).add("c", DTypeCode::u8, {1});
  model.source().format = "pytorch";
  model.source().valued_metadata = true;
  model.source().order = {2, 0, 1};
  const std::string file = written(kTorch, plan_of(model));
  const ReadBack back(file);
  CHECK(back.model->tensors()[0].name == "c");
  CHECK(back.model->tensors()[1].name == "a");
  CHECK(written(kTorch, plan_of(*back.model)) == file);
  model.source().format = "gguf";
  CHECK(ReadBack(written(kTorch, plan_of(model))).model->tensors()[0].name == "a");
}

TEST_CASE("torch writer: a model of no tensors is an empty dict") {
  const MadeUpModel model;
  Plan plan;
  plan.models = {&model};
  const ReadBack back(written(kTorch, plan));
  CHECK(back.report.fault_count() == 0);
  CHECK(back.model->tensors().empty());
}

TEST_CASE("torch writer: integers take the fewest bytes, as Python's do") {
  CHECK(opcodes_of(Value::u64(0)) == "K\0"sv);
  CHECK(opcodes_of(Value::u64(255)) == "K\xff"sv);
  CHECK(opcodes_of(Value::u64(256)) == "M\0\1"sv);
  CHECK(opcodes_of(Value::u64(65535)) == "M\xff\xff"sv);
  CHECK(opcodes_of(Value::u64(65536)) == "J\0\0\1\0"sv);
  CHECK(opcodes_of(Value::i64(-1)) == "J\xff\xff\xff\xff"sv);
  CHECK(opcodes_of(Value::i64(std::numeric_limits<std::int32_t>::min())) == "J\0\0\0\x80"sv);
  CHECK(opcodes_of(Value::i64(std::int64_t{1} << 31)) == "\x8a\5\0\0\0\x80\0"sv);
  CHECK(opcodes_of(Value::i64(-(std::int64_t{1} << 31) - 1)) == "\x8a\5\xff\xff\xff\x7f\xff"sv);
  CHECK(opcodes_of(Value::i64(std::numeric_limits<std::int64_t>::min())) == "\x8a\x8\0\0\0\0\0\0\0\x80"sv);
  CHECK(opcodes_of(Value::u64(~std::uint64_t{0})) == "\x8a\x9\xff\xff\xff\xff\xff\xff\xff\xff\0"sv);
  CHECK(opcodes_of(Value::of(ValueType::i8, static_cast<std::uint64_t>(-2))) == "J\xfe\xff\xff\xff"sv);
  CHECK(opcodes_of(Value::number("18446744073709551615")) == opcodes_of(Value::u64(~std::uint64_t{0})));
}

TEST_CASE("torch writer: values that a pickle of weights has no place for") {
  CHECK(has_place(Value{}));
  CHECK(has_place(Value::binary(bytes("\xff\0\x80"))));
  CHECK_FALSE(has_place(Value::string("\xff")));
  CHECK_FALSE(has_place(Value::number("1e400")));
  CHECK_FALSE(has_place(Value::number("18446744073709551616")));
  CHECK_FALSE(has_place(Value::extension(1, bytes("x"))));
  CHECK_FALSE(has_place(Value::map({{Value::u64(1), Value::u64(2)}})));
  CHECK_FALSE(has_place(Value::list({Value::string("a"), Value::string("\xff")})));
  Value deep = Value::u64(1);
  for (int i = 0; i < 31; ++i) deep = Value::list({std::move(deep)});
  CHECK(has_place(deep));
  CHECK_FALSE(has_place(Value::list({std::move(deep)})));
}

TEST_CASE("torch writer: metadata comes back as an attribute of the dict, and is told where it does not") {
  MadeUpModel model;
  model.add("w", DTypeCode::u8, {3});
  model.source().format = "pytorch";
  model.source().valued_metadata = true;
  auto& entries = model.source().metadata.emplace().entries;
  entries.emplace_back("text", Value::string("größe"));
  entries.emplace_back("empty", Value::string(""));
  entries.emplace_back("number", Value::i64(-5));
  entries.emplace_back("large", Value::u64(~std::uint64_t{0}));
  entries.emplace_back("half", Value::f64(0.5));
  entries.emplace_back("yes", Value::boolean(true));
  entries.emplace_back("none", Value{});
  entries.emplace_back("bytes", Value::binary(bytes("\x80\xffz")));
  entries.emplace_back("map", Value::map({{Value::string("k"), Value::string("v")}}));
  const std::string file = written(kTorch, plan_of(model));
  const ReadBack back(file);
  CHECK(back.report.fault_count() == 0);
  CHECK(back.model->metadata().entries == entries);
  REQUIRE(back.model->tensors().size() == 1);
  CHECK(back.model->tensors()[0].name == "w");
  CHECK(written(kTorch, plan_of(*back.model)) == file);

  entries.emplace_back("odd", Value::extension(3, bytes("x")));
  const Plan plan = plan_of(model);
  const PlanSummary summary = kTorch.draft(plan)->summary();
  REQUIRE(summary.lost.size() == 1);
  CHECK(summary.lost[0] == "metadata 'odd': a pickle of weights has no place for this extension");
}

TEST_CASE("torch writer: what torch has no place for is refused by name") {
  const auto refused = [](std::string name, DType dtype, Shape shape) {
    MadeUpModel model;
    model.add(std::move(name), dtype, std::move(shape));
    return refusal(kTorch, plan_of(model));
  };
  const auto says = [](const std::string& message, std::string_view why) {
    CAPTURE(message);
    CHECK(message.find(why) != std::string::npos);
  };
  says(refused("a", *dtype_named("F6_E2M3"), {4}), "tensor 'a': PyTorch has no type for F6_E2M3");
  says(refused("a", *dtype_named("F4"), {4, 3, 2}), "no error");
  says(refused("a", DTypeCode::u8, Shape(65, 1)), "65 dimensions; at most 64");
  says(refused("a", DTypeCode::u8, Shape(64, 1)), "no error");
  says(refused("a\xff", DTypeCode::u8, {1}), "its name is not UTF-8");
  says(refused(std::string(65'537, 'x'), DTypeCode::u8, {1}), "takes 65,537 bytes");
  says(refused(std::string(65'536, 'x'), DTypeCode::u8, {1}), "no error");
  says(refused(std::string("a\0b", 3), DTypeCode::u8, {1}), "no error");
  says(refused("", DTypeCode::u8, {1}), "no error");
  says(refused("a", DTypeCode::u8, {0, std::uint64_t{1} << 63}), "is more than torch counts");
  says(refused("a", DTypeCode::u8, {std::uint64_t{1} << 40, 0, std::uint64_t{1} << 40}),
       "is more than torch counts");
  PackedType other;
  other.codec = "other";
  other.name = "F8_E4M3";
  other.block_elements = 1;
  other.block_bytes = 1;
  says(refused("a", DType(other), {2}), "PyTorch has no type for F8_E4M3");
  MadeUpModel lying;
  lying.add("a", DTypeCode::u8, {4});
  lying.tensors()[0].size = 5;
  CHECK(refusal(kTorch, plan_of(lying)) != "no error");
}

TEST_CASE("torch writer: quantized types of torch are told from their integers") {
  const torch::ElementType* const plain = torch::element_type_of(DTypeCode::i8);
  REQUIRE(plain != nullptr);
  CHECK(plain->name == "int8");
  CHECK(torch::element_type_of(DTypeCode::i32)->name == "int32");
  CHECK(torch::element_type_of(DTypeCode::u8)->name == "uint8");
}
