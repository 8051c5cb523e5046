// The reader on files that ggml wrote.
#include <doctest/doctest.h>

#include <algorithm>

#include "gguf_fixture.hpp"

namespace aerotool {
namespace {

using namespace gguf_test;

constexpr const char* kSound[] = {"tiny.gguf", "aligned-128.gguf", "v2-no-last-padding.gguf",
                                  "vocab-only.gguf"};

TEST_CASE("gguf: sound vectors have no fault and no warning in use") {
  for (const char* name : kSound) {
    CAPTURE(name);
    CHECK(Opened(vector_bytes(name)).report.findings().empty());
    CHECK(faults_of(vector_bytes(name)).empty());
  }
}

TEST_CASE("gguf: a head rendered from what was read is the file's own") {
  for (const char* name : kSound) {
    CAPTURE(name);
    const std::string bytes = vector_bytes(name);
    const Opened opened(bytes);
    const Source source = opened.model->source();
    CHECK_FALSE(source.head);
    const std::string head = render(*opened.model, source);
    CHECK(head == bytes.substr(0, head.size()));
    CHECK(head.size() == opened.model->overview().shards.at(0).offset);
  }
}

TEST_CASE("gguf: every vector comes back from tensors and source byte for byte") {
  for (const char* name :
       {"tiny.gguf", "aligned-128.gguf", "v2-no-last-padding.gguf", "vocab-only.gguf", "align-lies.gguf"}) {
    CAPTURE(name);
    const std::string bytes = vector_bytes(name);
    CHECK(restore(*Opened(bytes).model) == bytes);
  }
}

TEST_CASE("gguf: overview") {
  const std::string bytes = vector_bytes("tiny.gguf");
  const Opened opened(bytes);
  const Overview overview = opened.model->overview();
  CHECK(overview.format == "GGUF");
  CHECK(overview.version == "3");
  CHECK(overview.model_name == "tiny-llama-test");
  CHECK(overview.architecture == "llama");
  CHECK(overview.file_size == bytes.size());
  REQUIRE(overview.shards.size() == 1);
  CHECK(overview.shards[0].name == "data");
  CHECK(overview.shards[0].path == opened.file.path());
  CHECK(overview.shards[0].offset == 1888);
  CHECK(overview.shards[0].size == bytes.size() - 1888);
  CHECK(overview.shards[0].tensor_count == 21);
  CHECK(overview.uuid.empty());
  CHECK(overview.integrity.empty());
  CHECK(overview.sections.empty());
  CHECK(Opened(vector_bytes("vocab-only.gguf")).model->overview().model_name.empty());
}

TEST_CASE("gguf: shapes are row-major and sizes come from the block geometry") {
  const Opened opened(vector_bytes("tiny.gguf"));
  const auto& tensors = opened.model->tensors();
  REQUIRE(tensors.size() == 21);
  const auto find = [&](std::string_view name) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
    REQUIRE(found != tensors.end());
    return *found;
  };
  CHECK(find("blk.1.q4_K.weight").shape == Shape{5, 512});
  CHECK(find("blk.1.q4_K.weight").dtype.name() == "Q4_K");
  CHECK(find("blk.1.q4_K.weight").size == 1440);
  CHECK(find("idx").shape == Shape{3, 2, 7});
  CHECK(find("idx").dtype == DType(DTypeCode::i32));
  CHECK(find("odd").size == 3);
  CHECK(find("odd").offset == 37696);
}

TEST_CASE("gguf: metadata keeps every type to the bit") {
  const Opened opened(vector_bytes("tiny.gguf"));
  const Metadata metadata = opened.model->metadata();
  REQUIRE(metadata.entries.size() == 17);
  CHECK(metadata.entries[0].first == "general.architecture");
  CHECK(metadata.entries[16].first == "tokenizer.ggml.token_type");
  const auto number = [&](const char* key, ValueType type, std::uint64_t bits) {
    CAPTURE(key);
    const Value* value = metadata.find(key);
    REQUIRE(value != nullptr);
    CHECK(*value == Value::of(type, bits));
  };
  const auto negative = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  number("x.u8", ValueType::u8, 200);
  number("x.i8", ValueType::i8, negative(-100));
  number("x.u16", ValueType::u16, 60000);
  number("x.i16", ValueType::i16, negative(-30000));
  number("general.file_type", ValueType::u32, 15);
  number("x.i32", ValueType::i32, negative(-7));
  number("x.u64", ValueType::u64, ~std::uint64_t{0});
  number("x.i64", ValueType::i64, negative(-9223372036854775807));
  number("x.f64", ValueType::f64, 0x400921fb54442d18);
  number("llama.attention.layer_norm_rms_epsilon", ValueType::f32, 0x3727c5ac);
  number("tokenizer.ggml.add_bos_token", ValueType::boolean, 1);
  const Array& scores = metadata.find("tokenizer.ggml.scores")->array();
  CHECK(scores.element == ValueType::f32);
  CHECK(scores.count == 6);
  CHECK(scores.packed.size() == 24);
}

TEST_CASE("gguf: strings that are not UTF-8 are kept") {
  const Opened opened(vector_bytes("vocab-only.gguf"));
  const Metadata metadata = opened.model->metadata();
  std::vector<std::string> tokens;
  for_each_element(metadata.find("tokenizer.ggml.tokens")->array(), [&](const Value& token) {
    tokens.emplace_back(token.text());
    return true;
  });
  CHECK(tokens == std::vector<std::string>{"a", "\xff\xfe raw", ""});
}

TEST_CASE("gguf: source") {
  const Source tiny = Opened(vector_bytes("tiny.gguf")).model->source();
  CHECK(tiny.format == "gguf");
  CHECK(tiny.version == 3);
  CHECK_FALSE(tiny.alignment);
  CHECK(tiny.typed_metadata);
  CHECK(tiny.gaps.empty());
  REQUIRE(tiny.order);
  CHECK(tiny.order->size() == 21);
  CHECK(std::is_sorted(tiny.order->begin(), tiny.order->end()));

  const Source second = Opened(vector_bytes("v2-no-last-padding.gguf")).model->source();
  CHECK(second.version == 2);
  CHECK(second.alignment == 128);
  REQUIRE(second.gaps.size() == 1);
  CHECK(second.gaps[0].first == 256 + 288);
  CHECK(second.gaps[0].second.size() == 0);
}

TEST_CASE("gguf: a short last padding is a warning to the judge alone") {
  const std::string bytes = vector_bytes("v2-no-last-padding.gguf");
  CHECK(Opened(bytes).report.findings().empty());
  const Opened judged(bytes, Report::Mode::judge);
  REQUIRE(judged.report.findings().size() == 1);
  CHECK(judged.report.findings()[0].severity == Severity::warning);
  CHECK(has(judged.report.findings()[0].message, "96 zeros missing"));
}

TEST_CASE("gguf: packed otherwise than declared is one fault, and readable") {
  const std::string bytes = vector_bytes("align-lies.gguf");
  CHECK(
      faults_of(bytes) ==
      "tensor 'blk.1.q4_1.weight': begins at byte 17088 of the data section, but 17152 was expected: tensors "
      "follow each other, each padded to the alignment of 128\n");
  const Opened opened(bytes);
  CHECK(opened.report.findings().empty());
  CHECK(opened.model->tensors().size() == 21);
  const Source source = opened.model->source();
  CHECK(source.head);
  CHECK(source.alignment == 128);
  // The same tensors as the file that tells the truth.
  const Opened truth(vector_bytes("tiny.gguf"));
  for (std::size_t i = 0; i < 21; ++i) CHECK(tensor_bytes(*opened.model, i) == tensor_bytes(*truth.model, i));
}

TEST_CASE("gguf: the format") {
  const Format& format = gguf_format();
  CHECK(format.name() == "gguf");
  CHECK(format.extensions() == std::vector<std::string_view>{".gguf"});
  CHECK(format.probe(bytes_of("GGUF"), 4, {}) == 100);
  CHECK(format.probe(bytes_of("GGU"), 3, {}) == 0);
  CHECK(format.probe(bytes_of("AERO"), 4, {}) == 0);
  CHECK(format.writer() != nullptr);
}

TEST_CASE("gguf: declared_size is the end of the last tensor, once the head is whole") {
  const std::string bytes = vector_bytes("tiny.gguf");
  const ByteSpan head = bytes_of(bytes).first(1888);
  CHECK(gguf_format().declared_size(head) == 37699);
  CHECK(gguf_format().declared_size(bytes_of(bytes)) == 37699);
  CHECK_FALSE(gguf_format().declared_size(head.first(1800)));
  CHECK_FALSE(gguf_format().declared_size({}));
  CHECK(gguf_format().declared_size(bytes_of(vector_bytes("vocab-only.gguf"))) == 0x91);
}

TEST_CASE("gguf: check") {
  const Opened opened(vector_bytes("tiny.gguf"), Report::Mode::judge);
  Report report(Report::Mode::judge);
  CHECK(opened.model->check({.level = CheckLevel::structure}, report));
  CHECK(opened.model->check({.level = CheckLevel::full}, report));
  CHECK_FALSE(opened.model->check({.level = CheckLevel::control}, report));
  CHECK(report.findings().empty());
}

}  // namespace
}  // namespace aerotool
