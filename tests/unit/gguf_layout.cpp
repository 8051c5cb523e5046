// Where tensors lie, and the bytes between them.
#include <doctest/doctest.h>

#include "formats/gguf/gaps.hpp"
#include "gguf_fixture.hpp"

namespace aerotool {
namespace {

using namespace gguf_test;

constexpr std::uint32_t kI8 = 24;

/// Tensors "a" of 20 bytes at 0, "b" of 40 bytes at 32, "c" of 8 bytes at 96.
GgufBytes sound_head() {
  return GgufBytes()
      .header(3, 0)
      .info("a", {20}, kI8, 0)
      .info("b", {40}, kI8, 32)
      .info("c", {8}, kI8, 96)
      .pad();
}

GgufBytes sound_file() {
  return sound_head().fill('a', 20).pad().fill('b', 40).pad().fill('c', 8).pad();
}

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> list;
  for (const Tensor& tensor : model.tensors()) list.push_back(tensor.name);
  return list;
}

TEST_CASE("gguf: a file packed by the rules needs neither head nor gaps nor order") {
  const Opened opened(sound_file().bytes(), Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  const Source source = opened.model->source();
  CHECK_FALSE(source.head);
  CHECK_FALSE(source.order);
  CHECK(source.gaps.empty());
  CHECK(tensor_bytes(*opened.model, 1) == std::string(40, 'b'));
  std::string part(3, '?');
  opened.model->read(2, 5, std::as_writable_bytes(std::span(part)));
  CHECK(part == "ccc");
}

TEST_CASE("gguf: tensors come in file order, whatever the infos' order") {
  const std::string bytes = GgufBytes()
                                .header(3, 0)
                                .info("c", {8}, kI8, 64)
                                .info("b", {20}, kI8, 0)
                                .info("a", {20}, kI8, 32)
                                .pad()
                                .fill('b', 20)
                                .pad()
                                .fill('a', 20)
                                .pad()
                                .fill('c', 8)
                                .pad()
                                .bytes();
  const Opened opened(bytes);
  CHECK(names(*opened.model) == std::vector<std::string>{"b", "a", "c"});
  const Source source = opened.model->source();
  CHECK(source.head);
  CHECK(source.order == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(source.gaps.empty());
  CHECK(restore(*opened.model) == bytes);
  CHECK(has(faults_of(bytes), "tensor 'c': begins at byte 64 of the data section, but 0 was expected"));
}

TEST_CASE("gguf: an offset is a multiple of the alignment") {
  const std::string bytes = GgufBytes()
                                .header(2, 0)
                                .info("a", {20}, kI8, 0)
                                .info("b", {8}, kI8, 20)
                                .pad()
                                .fill('a', 20)
                                .fill('b', 8)
                                .bytes();
  CHECK(has(faults_of(bytes), "tensor 'b': begins at byte 20 of the data section, but 32 was expected"));
  CHECK(restore(*Opened(bytes).model) == bytes);
  // After the first departure only what is new is told.
  const std::string later = GgufBytes()
                                .header(3, 0)
                                .info("a", {20}, kI8, 64)
                                .info("b", {4}, kI8, 96)
                                .info("c", {8}, kI8, 100)
                                .pad()
                                .fill('x', 108)
                                .bytes();
  CHECK(has(faults_of(later), "tensor 'a': begins at byte 64 of the data section, but 0 was expected"));
  CHECK(has(faults_of(later), "tensor 'c': begins at byte 100 of the data section, which is not a multiple"));
  CHECK(restore(*Opened(later).model) == later);
}

TEST_CASE("gguf: data past the end of the file is one fault that names the tensors") {
  std::string bytes = sound_file().bytes();
  bytes.resize(sound_head().bytes().size() + 96 + 7);
  const std::string message = "the file has " + std::to_string(bytes.size()) +
                              " bytes, but its tensors need " + std::to_string(bytes.size() + 1) +
                              ": tensor 'c' is cut off";
  CHECK(error_of(bytes) == message);
  const Opened judged(bytes, Report::Mode::judge);
  REQUIRE(judged.report.fault_count() == 1);
  const Finding& fault = judged.report.findings()[0];
  CHECK(fault.code == Code::short_file);
  CHECK(fault.message == message);
  REQUIRE(fault.hit.size() == 1);
  CHECK(fault.hit[0].name == "c");
  CHECK(names(*judged.model) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("gguf: an offset that passes 2^64") {
  for (const std::uint64_t offset : {~std::uint64_t{31}, std::uint64_t{1} << 63}) {
    const std::string bytes =
        GgufBytes().header(1, 0).info("a", {64}, kI8, offset).pad().fill('a', 64).bytes();
    CHECK(has(error_of(bytes), "tensor 'a' is cut off"));
  }
}

TEST_CASE("gguf: tensors that overlap are unreadable") {
  const std::string bytes =
      GgufBytes().header(2, 0).info("a", {40}, kI8, 0).info("b", {8}, kI8, 32).pad().fill('a', 64).bytes();
  CHECK(has(error_of(bytes), "inside tensor 'a'"));
  const Opened judged(bytes, Report::Mode::judge);
  CHECK(names(*judged.model) == std::vector<std::string>{"a"});
  const std::string same =
      GgufBytes().header(2, 0).info("a", {8}, kI8, 0).info("b", {8}, kI8, 0).pad().fill('a', 64).bytes();
  CHECK(has(error_of(same), "inside tensor 'a'"));
}

TEST_CASE("gguf: tensors without bytes overlap nothing and may lie behind a missing padding") {
  const std::string bytes = GgufBytes()
                                .header(5, 0)
                                .info("e0", {0, 7}, kI8, 0)
                                .info("a", {20}, kI8, 0)
                                .info("e1", {0}, kI8, 32)
                                .info("b", {8}, kI8, 32)
                                .info("e2", {0}, kI8, 64)
                                .pad()
                                .fill('a', 20)
                                .pad()
                                .fill('b', 8)
                                .bytes();
  CHECK(faults_of(bytes).empty());
  const Opened opened(bytes);
  CHECK(names(*opened.model) == std::vector<std::string>{"e0", "a", "e1", "b", "e2"});
  CHECK_FALSE(opened.model->source().head);
  CHECK(tensor_bytes(*opened.model, 4).empty());
  CHECK(restore(*opened.model) == bytes);
  // Far behind everything is not.
  CHECK(has(error_of(GgufBytes().header(1, 0).info("e", {0}, kI8, 1 << 20).pad().bytes()),
            "tensor 'e' is cut off"));
}

TEST_CASE("gguf: every odd byte outside the tensors comes back") {
  const std::string padding = sound_file().bytes();
  const std::size_t data = sound_head().bytes().size();
  SUBCASE("a last padding that is missing") {
    const std::string bytes = padding.substr(0, data + 104);
    const Source source = Opened(bytes).model->source();
    REQUIRE(source.gaps.size() == 1);
    CHECK(source.gaps[0].first == 104);
    CHECK(source.gaps[0].second.size() == 0);
    CHECK_FALSE(source.head);
    CHECK(restore(*Opened(bytes).model) == bytes);
  }
  SUBCASE("a last padding that is short, and bytes after it") {
    for (const std::size_t length : {data + 105, data + 127}) {
      CHECK(restore(*Opened(padding.substr(0, length)).model) == padding.substr(0, length));
    }
    CHECK(restore(*Opened(padding + "trailing").model) == padding + "trailing");
  }
  SUBCASE("padding that is not zero") {
    std::string bytes = padding;
    bytes[data + 31] = 'x';
    CHECK(faults_of(bytes).empty());
    const Source source = Opened(bytes).model->source();
    REQUIRE(source.gaps.size() == 1);
    CHECK(source.gaps[0].first == 20);
    CHECK(source.gaps[0].second.text() == std::string(11, '\0') + "x");
    CHECK(restore(*Opened(bytes).model) == bytes);
  }
  SUBCASE("the head's own padding") {
    const std::string head =
        GgufBytes().header(1, 0).info("abc", {8}, kI8, 0).raw("x").pad().fill('d', 8).pad().bytes();
    CHECK(Opened(head).model->source().head);
    CHECK(restore(*Opened(head).model) == head);
  }
  SUBCASE("a run before the first tensor and between two") {
    const std::string bytes = GgufBytes()
                                  .header(2, 0)
                                  .info("a", {20}, kI8, 32)
                                  .info("b", {32}, kI8, 128)
                                  .pad()
                                  .fill('x', 32)
                                  .fill('a', 20)
                                  .fill('\0', 76)
                                  .fill('b', 32)
                                  .bytes();
    CHECK(Opened(bytes).model->source().gaps.size() == 2);
    CHECK(restore(*Opened(bytes).model) == bytes);
  }
  SUBCASE("no tensor at all") {
    const std::string bytes = GgufBytes().header(0, 0).pad().raw("tail").bytes();
    CHECK(restore(*Opened(bytes).model) == bytes);
  }
}

TEST_CASE("gguf: gaps above the cap are refused, not dropped") {
  const TemporaryFile file(sound_file().bytes());
  REQUIRE(::truncate(file.path().c_str(), static_cast<std::int64_t>(gguf::kMaxGapBytes) + (1 << 20)) == 0);
  Report report;
  const auto model = gguf_format().open(io::Input::open(file.path()), report);
  CHECK_THROWS_AS(model->source(), UnsupportedError);
}

TEST_CASE("gguf: a large alignment is padded in pieces") {
  const std::string bytes = GgufBytes()
                                .header(2, 1)
                                .key("general.alignment", 4)
                                .u32(1 << 20)
                                .info("a", {20}, kI8, 0)
                                .info("b", {20}, kI8, 1 << 20)
                                .pad(1 << 20)
                                .fill('a', 20)
                                .pad(1 << 20)
                                .fill('b', 20)
                                .pad(1 << 20)
                                .bytes();
  const Opened opened(bytes, Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  const Source source = opened.model->source();
  CHECK_FALSE(source.head);
  CHECK(source.gaps.empty());
  CHECK(restore(*opened.model) == bytes);
}

}  // namespace
}  // namespace aerotool
