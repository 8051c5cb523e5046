// Split GGUF models: parts made by hand in a temporary directory.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "formats/gguf/split.hpp"
#include "gguf_fixture.hpp"
#include "registry/registry.hpp"

namespace aerotool {
const Format& gguf_split_format();

namespace {

using namespace gguf_test;

constexpr std::uint32_t kU16 = 2;
constexpr std::uint32_t kI32 = 5;
constexpr std::uint32_t kU32 = 4;

struct Part {
  std::uint16_t number = 0;
  std::uint16_t count = 2;
  std::uint32_t total = 2;
  std::string tensor;  ///< F32 [2], filled with its name's first byte; empty: none
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
};

std::string bytes_of_part(const Part& part) {
  const bool aligned = part.alignment != 32;
  GgufBytes out;
  out.header(part.tensor.empty() ? 0 : 1, aligned ? 4 : 3, part.version);
  if (aligned) out.key("general.alignment", kU32).u32(static_cast<std::uint32_t>(part.alignment));
  out.key("split.no", kU16).number(part.number, 2);
  out.key("split.count", kU16).number(part.count, 2);
  out.key("split.tensors.count", kI32).u32(part.total);
  if (!part.tensor.empty()) out.info(part.tensor, {2}, 0, 0);
  out.pad(part.alignment);
  if (!part.tensor.empty()) out.fill(part.tensor[0], 8).pad(part.alignment);
  return out.bytes();
}

std::string name_of_part(std::uint32_t number, std::uint32_t count) {
  return part_path({"m", number, count, ".gguf"}, number);
}

struct Directory : test::TemporaryDirectory {
  explicit Directory(const std::vector<Part>& parts) : count(static_cast<std::uint32_t>(parts.size())) {
    for (std::uint32_t i = 0; i < count; ++i) {
      test::write_file(file(name_of_part(i + 1, count)), bytes_of_part(parts[i]));
    }
  }
  std::unique_ptr<Model> open(Report& report) const {
    return gguf_split_format().open(io::Input::open(file(name_of_part(1, count))), report);
  }
  std::unique_ptr<Model> open() const {
    Report report;
    auto model = open(report);
    CHECK(report.findings().empty());
    return model;
  }
  std::uint32_t count;
};

TEST_CASE("split gguf: names") {
  const auto name = gguf::split_name("d/m-00002-of-00010.gguf");
  REQUIRE(name);
  CHECK(name->stem == "d/m");
  CHECK(name->part == 2);
  CHECK(name->count == 10);
  CHECK(part_path(*name, 10) == "d/m-00010-of-00010.gguf");
  CHECK(gguf::split_name("-00001-of-00001.gguf")->stem.empty());
  CHECK(gguf::split_name("a-00001-of-00002-00001-of-00001.gguf")->stem == "a-00001-of-00002");
  for (const char* other : {"m.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-0001-of-0003.gguf",
                            "00001-of-00003.gguf", "m-00001-of-00003.gguf.gz", "m-00001-of-00003.GGUF",
                            "m-00001-of-0000x.gguf", "m-000001-of-00003", "m-00001-of-00002.q4.gguf", ".gguf",
                            "m_00001-of-00003.gguf", "m-00001_of-00003.gguf", ""}) {
    CAPTURE(other);
    CHECK_FALSE(gguf::split_name(other));
  }
}

TEST_CASE("split gguf: the format") {
  const Format& format = gguf_split_format();
  CHECK(format.name() == "gguf");
  CHECK(format.extensions().empty());
  CHECK(format.probe(bytes_of("GGUF"), 4, "m-00001-of-00002.gguf") >
        gguf_format().probe(bytes_of("GGUF"), 4, {}));
  CHECK(format.probe(bytes_of("GGUF"), 4, "m.gguf") == 0);
  CHECK(format.probe(bytes_of("AERO"), 4, "m-00001-of-00002.gguf") == 0);
  for (const Format* kind : {&format, &gguf_format()}) {
    CHECK(kind->numbered("m-00002-of-00002.gguf")->part == 2);
    CHECK_FALSE(kind->numbered("m.gguf"));
    CHECK(kind->first_leads());
  }
  const std::string bytes = vector_bytes("tiny.gguf");
  CHECK(format.declared_size(bytes_of(bytes)) == gguf_format().declared_size(bytes_of(bytes)));
}

TEST_CASE("split gguf: one model of all parts, the first without a tensor") {
  const Directory directory({{0, 3, 2, {}}, {1, 3, 2, "b"}, {2, 3, 2, "a"}});
  const auto model = directory.open();
  CHECK(model->path() == directory.file("m-00001-of-00003.gguf"));
  REQUIRE(model->tensors().size() == 2);
  CHECK(model->tensors()[0].name == "b");
  CHECK(model->tensors()[0].shard == 1);
  CHECK(tensor_bytes(*model, 0) == "bbbbbbbb");
  CHECK(tensor_bytes(*model, 1) == "aaaaaaaa");
  CHECK(model->path_of(1) == directory.file("m-00003-of-00003.gguf"));
  CHECK(model->metadata().find("split.no") == nullptr);
  const Overview overview = model->overview();
  CHECK(overview.format == "GGUF");
  CHECK(overview.version == "3");
  REQUIRE(overview.shards.size() == 3);
  CHECK(overview.shards[0].name == "m-00001-of-00003.gguf");
  CHECK(overview.shards[0].tensor_count == 0);
  CHECK(overview.shards[2].name == "m-00003-of-00003.gguf");
  CHECK(overview.shards[2].path == directory.file("m-00003-of-00003.gguf"));
  std::uint64_t size = 0;
  for (std::uint32_t i = 1; i <= 3; ++i)
    size += std::filesystem::file_size(directory.file(name_of_part(i, 3)));
  CHECK(overview.file_size == size);
}

TEST_CASE("split gguf: the source tells what each file holds") {
  const Directory directory({{0, 2, 2, "b"}, {1, 2, 2, "a"}});
  const Source source = directory.open()->source();
  CHECK(source.format == "gguf");
  CHECK(source.version == 3);
  CHECK_FALSE(source.alignment);
  CHECK(source.typed_metadata);
  CHECK(source.metadata->find("split.no") == nullptr);
  CHECK_FALSE(source.order);
  CHECK_FALSE(source.head);
  CHECK(source.gaps.empty());
  CHECK_FALSE(source.index);
  REQUIRE(source.files.size() == 2);
  CHECK(source.files[0].path == "m-00001-of-00002.gguf");
  CHECK(source.files[1].path == "m-00002-of-00002.gguf");
  CHECK(source.files[0].metadata->find("split.no")->bits == 0);
  CHECK(source.files[1].metadata->find("split.no")->bits == 1);
  for (std::uint64_t i = 0; i < 2; ++i) {
    CHECK(source.files[i].order == std::vector<std::uint64_t>{i});
    CHECK_FALSE(source.files[i].head);
    CHECK(source.files[i].gaps.empty());
  }
}

TEST_CASE("split gguf: a part of another version has a head; gaps stay with their part") {
  Part second{1, 2, 2, "a", 2, 64};
  const Directory directory({{0, 2, 2, "b"}, second});
  const std::string path = directory.file(name_of_part(2, 2));
  std::string bytes = bytes_of_part(second);
  const std::size_t data = bytes.find("aaaaaaaa");
  bytes.resize(data + 8);
  test::write_file(path, bytes);
  const Source source = directory.open()->source();
  CHECK(source.version == 3);
  CHECK_FALSE(source.alignment);
  CHECK_FALSE(source.files[0].head);
  REQUIRE(source.files[1].head);
  CHECK(source.files[1].head->text() == bytes.substr(0, data));
  REQUIRE(source.files[1].gaps.size() == 1);
  CHECK(source.files[1].gaps[0].first == 8);
  CHECK(source.files[1].gaps[0].second.size() == 0);
}

TEST_CASE("split gguf: a file whose name only looks like a part's is a model of its own") {
  const test::TemporaryDirectory directory;
  const auto open = [&](const std::string& name, const std::string& bytes, Report& report) {
    test::write_file(directory.file(name), bytes);
    return gguf_split_format().open(io::Input::open(directory.file(name)), report);
  };
  Report report(Report::Mode::judge);
  const auto tiny = open("m-00002-of-00003.gguf", vector_bytes("tiny.gguf"), report);
  CHECK(tiny->tensors().size() == 21);
  CHECK(tiny->source().files.empty());
  const auto alone = open("m-00001-of-00001.gguf", bytes_of_part({0, 1, 1, "a"}), report);
  CHECK(alone->source().files.empty());
  CHECK(report.fault_count() == 0);
}

TEST_CASE("split gguf: a part whose name is not that of one is read alone, with a warning") {
  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    const Opened opened(bytes_of_part({1, 3, 2, "a"}), mode);
    REQUIRE(opened.report.findings().size() == 1);
    CHECK(opened.report.findings()[0].severity == Severity::warning);
    CHECK(has(opened.report.findings()[0].message, "is part 2 of 3 of a split model, and read alone"));
  }
  const Opened strange(bytes_of_part({7, 3, 2, "a"}));
  CHECK(has(strange.report.findings().at(0).message, "is one part of 3 of a split model"));
  CHECK(Opened(bytes_of_part({0, 1, 1, "a"})).report.findings().empty());
  CHECK(Opened(bytes_of_part({0, 0, 1, "a"})).report.findings().empty());
}

TEST_CASE("split gguf: a directory holds the model of its first part") {
  const Directory directory({{0, 2, 2, "b"}, {1, 2, 2, "a"}});
  Report report;
  CHECK(open_model(directory.path(), {}, report)->tensors().size() == 2);
  CHECK(open_model(directory.path(), {.from = "gguf"}, report)->tensors().size() == 2);
  CHECK_THROWS_WITH_AS(
      open_model(directory.file(name_of_part(2, 2)), {}, report),
      doctest::Contains(
          ("is part 2 of 2; name the first part: " + directory.file(name_of_part(1, 2))).c_str()),
      UsageError);
  std::filesystem::remove(directory.file(name_of_part(1, 2)));
  CHECK_THROWS_WITH_AS(open_model(directory.path(), {}, report),
                       doctest::Contains("part 1 of 2, m-00001-of-00002.gguf, is missing"), CorruptError);
}

TEST_CASE("split gguf: a part that is missing, broken or changed") {
  const Directory directory({{0, 3, 3, "c"}, {1, 3, 3, "b"}, {2, 3, 3, "a"}});
  const std::string second = directory.file(name_of_part(2, 3));
  const auto faults = [&] {
    Report report(Report::Mode::judge);
    const auto model = directory.open(report);
    CHECK(model->tensors().size() == 2);
    CHECK(model->check({.level = CheckLevel::full}, report));
    CHECK_FALSE(model->check({.level = CheckLevel::control}, report));
    return report.fault_count();
  };
  {
    const auto model = directory.open();
    model->require_unchanged();
    test::write_file(second, "GGUF");
    CHECK_THROWS_AS(model->require_unchanged(), IoError);
  }
  CHECK_THROWS_AS(directory.open(), CorruptError);
  CHECK(faults() == 1);
  test::write_file(second, bytes_of_part({1, 3, 3, "b", 99}));
  CHECK_THROWS_AS(directory.open(), UnsupportedError);
  CHECK(faults() == 1);
  std::filesystem::remove(second);
  CHECK_THROWS_AS(directory.open(), CorruptError);
  CHECK(faults() == 1);
}

TEST_CASE("split gguf: a name that tells of very many parts ends in one fault") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("m-00001-of-99999.gguf");
  test::write_file(path, bytes_of_part({0, 65535, 1, "a"}));
  Report report(Report::Mode::judge);
  const auto model = gguf_split_format().open(io::Input::open(path), report);
  CHECK(model->tensors().size() == 1);
  REQUIRE(report.findings().size() == 3);  // the others are of split.count and general.architecture
  CHECK(report.findings().back().code == Code::missing);
  CHECK(report.findings().back().message.starts_with("99,998 of 99,999 parts are missing: "));
}

TEST_CASE("split gguf: 20,000 tensors in 500 parts") {
  constexpr std::uint32_t kParts = 500;
  constexpr std::uint32_t kTensors = 40;
  const test::TemporaryDirectory directory;
  for (std::uint32_t i = 0; i < kParts; ++i) {
    GgufBytes out;
    out.header(kTensors, 3);
    out.key("split.no", kU16).number(i, 2);
    out.key("split.count", kU16).number(kParts, 2);
    out.key("split.tensors.count", kI32).u32(kParts * kTensors);
    for (std::uint32_t k = 0; k < kTensors; ++k) {
      out.info(std::to_string(i) + "." + std::to_string(k), {8}, 0, std::uint64_t{32} * k);
    }
    out.pad().fill('x', std::size_t{32} * kTensors);
    test::write_file(directory.file(name_of_part(i + 1, kParts)), out.bytes());
  }
  Report report(Report::Mode::judge);
  const auto model = open_model(directory.path(), {}, report);
  CHECK(report.fault_count() == 0);
  CHECK(model->tensors().size() == kParts * kTensors);
  CHECK(model->source().files.size() == kParts);
}

}  // namespace
}  // namespace aerotool
