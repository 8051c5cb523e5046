// A safetensors file through the eyes of the registry and of a command.
#include <doctest/doctest.h>

#include <utility>

#include "safetensors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::safetensors_test;

namespace {

const std::string kTwo =
    R"({"__metadata__":{"model_name":"m","k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
    R"("a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";

int probe(std::string_view bytes) {
  const ByteSpan whole = bytes_of(bytes);
  return safetensors_format().probe(whole.first(std::min(whole.size(), Format::kProbeBytes)), whole.size(),
                                    {});
}

std::string entry(const std::string& name, const std::string& dtype, int begin, int end) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":[1],"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// Opens the bytes in both modes and looks at all there is; every error is one of ours.
void try_everything(const std::string& bytes) {
  const TemporaryFile file(bytes);
  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    Report report(mode);
    try {
      const auto model = safetensors_format().open(io::Input::open(file.path()), report);
      model->check({}, report);
      const Source source = model->source();
      const Overview overview = model->overview();
      for (std::size_t i = 0; i < model->tensors().size(); ++i) {
        std::string data(model->tensors()[i].size, '\0');
        model->read(i, 0, std::as_writable_bytes(std::span(data)));
      }
    } catch (const Error& error) {
      CHECK(!error.message().empty());
      CHECK(error.where().path == file.path());
    }
  }
  probe(bytes);
  safetensors_format().declared_size(bytes_of(bytes));
}

}  // namespace

TEST_CASE("safetensors: the format's name and extension") {
  CHECK(safetensors_format().name() == "safetensors");
  CHECK(safetensors_format().extensions() == std::vector<std::string_view>{".safetensors"});
}

TEST_CASE("safetensors: probe is sure of a length that fits and a '{'") {
  CHECK(probe(vector_bytes("mixed.safetensors")) == 90);
  CHECK(probe(file_of("{}")) == 90);
  CHECK(probe(file_of("\n {}")) == 90);
}

TEST_CASE("safetensors: probe is less sure of a file that ends inside its header") {
  const std::string bytes = vector_bytes("mixed.safetensors");
  CHECK(probe(bytes.substr(0, 500)) == 50);
}

TEST_CASE("safetensors: probe does not take other files for its own") {
  CHECK(probe("") == 0);
  CHECK(probe("12345678") == 0);
  CHECK(probe(file_of("")) == 0);
  CHECK(probe(file_of("[]")) == 0);
  CHECK(probe(file_of("  ") + "{") == 0);
  CHECK(probe(std::string("GGUF\3\0\0\0{\"", 10)) == 0);
  CHECK(probe("{\"a\": 1, \"b\": {}}") == 0);
}

TEST_CASE("safetensors: declared_size is told by a whole header alone") {
  const std::string bytes = vector_bytes("mixed.safetensors");
  const ByteSpan whole = bytes_of(bytes);
  CHECK(safetensors_format().declared_size(whole) == whole.size());
  CHECK(safetensors_format().declared_size(whole.first(8 + 1008)) == whole.size());
  CHECK(!safetensors_format().declared_size(whole.first(8 + 1007)));
  CHECK(!safetensors_format().declared_size(whole.first(7)));
  CHECK(safetensors_format().declared_size(bytes_of(file_of("{}"))) == 10);
  CHECK(!safetensors_format().declared_size(bytes_of(file_of("{"))));
  CHECK(!safetensors_format().declared_size(bytes_of(file_of(R"({"a":1})"))));
  const std::string far =
      R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[18446744073709551615,18446744073709551615]}})";
  CHECK(!safetensors_format().declared_size(bytes_of(file_of(far))));
}

TEST_CASE("safetensors: tensors, their places and their bytes") {
  const Opened opened(file_of(kTwo, 6));
  const Model& model = *opened.model;
  REQUIRE(model.tensors().size() == 2);
  CHECK(model.path() == opened.file.path());
  const Tensor& a = model.tensors()[1];
  CHECK(a.name == "a");
  CHECK(a.dtype == DType(DTypeCode::u8));
  CHECK(a.shape == Shape{2});
  CHECK(a.size == 2);
  CHECK(a.offset == 8 + kTwo.size() + 4);
  CHECK(a.shard == 0);
  CHECK(!a.digest);
  std::array<std::byte, 1> byte{};
  model.read(1, 1, byte);
  CHECK(byte[0] == std::byte{5});
}

TEST_CASE("safetensors: the overview") {
  const Opened opened(file_of(kTwo, 6));
  const Overview overview = opened.model->overview();
  CHECK(overview.format == "safetensors");
  CHECK(overview.version.empty());
  CHECK(overview.model_name == "m");
  CHECK(overview.architecture.empty());
  CHECK(overview.file_size == 8 + kTwo.size() + 6);
  REQUIRE(overview.shards.size() == 1);
  CHECK(overview.shards[0].name == "data");
  CHECK(overview.shards[0].path == opened.file.path());
  CHECK(overview.shards[0].offset == 8 + kTwo.size());
  CHECK(overview.shards[0].size == 6);
  CHECK(overview.shards[0].tensor_count == 2);
  CHECK(overview.uuid.empty());
  CHECK(overview.integrity.empty());
  CHECK(overview.sections.empty());
}

TEST_CASE("safetensors: metadata keeps its order and outlives the model") {
  Metadata metadata;
  {
    const Opened opened(file_of(R"({"__metadata__":{"z":"1","a":"","":"\u0000x"}})"));
    metadata = opened.model->metadata();
  }
  REQUIRE(metadata.entries.size() == 3);
  CHECK(metadata.entries[0].first == "z");
  CHECK(metadata.text("z") == "1");
  CHECK(metadata.entries[1].first == "a");
  CHECK(metadata.find("a")->type == ValueType::string);
  CHECK(metadata.text("") == std::string_view("\0x", 2));
}

TEST_CASE("safetensors: metadata that is null counts as absent, {} is empty") {
  CHECK(!Opened(file_of("{}")).model->source().metadata);
  CHECK(!Opened(file_of(R"({"__metadata__":null})")).model->source().metadata);
  const Source empty = Opened(file_of(R"({"__metadata__":{}})")).model->source();
  REQUIRE(empty.metadata);
  CHECK(empty.metadata->entries.empty());
}

TEST_CASE("safetensors: the source of a file that the reference library wrote has neither order nor head") {
  const Source source = Opened(vector_bytes("mixed.safetensors")).model->source();
  CHECK(source.format == "safetensors");
  CHECK(!source.version);
  CHECK(!source.alignment);
  CHECK(!source.typed_metadata);
  CHECK(source.metadata->text("format") == "pt");
  CHECK(!source.order);
  CHECK(!source.head);
  CHECK(source.gaps.empty());
}

TEST_CASE("safetensors: the source has an order where dtypes or names are not in the reference library's") {
  const auto order_of = [](const std::string& json, std::size_t size) {
    return Opened(file_of(json, size)).model->source().order;
  };
  CHECK(!order_of("{" + entry("b", "U64", 0, 8) + "," + entry("a", "F32", 8, 12) + "}", 12));
  CHECK(order_of("{" + entry("b", "F32", 0, 4) + "," + entry("a", "U64", 4, 12) + "}", 12) ==
        std::vector<std::uint64_t>{0, 1});
  CHECK(!order_of("{" + entry("a", "U8", 0, 1) + "," + entry("\xc3\xa9", "U8", 1, 2) + "}", 2));
  CHECK(order_of("{" + entry("b", "U8", 0, 1) + "," + entry("a", "U8", 1, 2) + "}", 2));
  // F8_E4M3 and C64 have no code of their own, but a rank.
  CHECK(!order_of(
      "{" + entry("a", "C64", 0, 8) + "," + entry("b", "F8_E4M3", 8, 9) + "," + entry("c", "U8", 9, 10) + "}",
      10));
}

TEST_CASE("safetensors: the source has a head where our writer would make another") {
  const std::string sound = R"({"__metadata__":{"k":"v"},)" + entry("a", "U8", 0, 1) + "}";
  const auto head_of = [](const std::string& json, std::size_t size = 1) {
    const auto head = Opened(file_of(json, size)).model->source().head;
    return head ? std::string(head->text()) : "";
  };
  const auto padded = [](std::string json) {
    json.resize((json.size() + 7) / 8 * 8, ' ');
    return json;
  };
  CHECK(head_of(padded(sound)).empty());
  for (const std::string& json : {padded(sound) + "        ", sound + "\n", " " + sound,
                                  padded("{" + entry("\\u0061", "U8", 0, 1) + "}"),
                                  padded("{" + entry("a", "U8", 0, 1) + R"(,"__metadata__":{"k":"v"}})"),
                                  padded(R"({"a":{"shape":[1],"dtype":"U8","data_offsets":[0,1]}})"),
                                  padded(R"({"__metadata__":null,)" + entry("a", "U8", 0, 1) + "}")}) {
    CAPTURE(json);
    CHECK(head_of(json) == file_of(json));
  }
  const std::string crossed = padded("{" + entry("a", "U8", 1, 2) + "," + entry("b", "U8", 0, 1) + "}");
  CHECK(head_of(crossed, 2) == file_of(crossed));
}

TEST_CASE("safetensors: check finds what open found, and has no control-plane hash") {
  const Opened opened(file_of(kTwo, 6));
  Report report(Report::Mode::judge);
  CHECK(opened.model->check({.level = CheckLevel::structure}, report));
  CHECK(opened.model->check({.level = CheckLevel::full}, report));
  CHECK(!opened.model->check({.level = CheckLevel::control}, report));
  CHECK(report.findings().empty());
}

TEST_CASE("safetensors: a file that changed is noticed") {
  const Opened opened(file_of(kTwo, 6));
  opened.model->require_unchanged();
  std::ofstream(opened.file.path(), std::ios::app) << "x";
  CHECK_THROWS_AS(opened.model->require_unchanged(), IoError);
}

TEST_CASE("safetensors: every truncation ends in an error") {
  const std::string bytes = vector_bytes("escapes.safetensors");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(error_of(bytes.substr(0, length)) != "no error");
    try_everything(bytes.substr(0, length));
  }
}

TEST_CASE("safetensors: every bit flip ends in an error or a model") {
  for (const std::string name : {"escapes", "no-tensors"}) {
    std::string bytes = vector_bytes(name + ".safetensors");
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      CAPTURE(bit);
      const auto mask = static_cast<char>(1U << (bit % 8));
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
      try_everything(bytes);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
  }
}
