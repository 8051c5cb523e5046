// The head as our writer renders it, against the reference library's own bytes.
#include "formats/safetensors/render.hpp"

#include <doctest/doctest.h>

#include "formats/safetensors/parse.hpp"
#include "safetensors_fixture.hpp"

using namespace aerotool;
using namespace aerotool::safetensors;
using namespace aerotool::safetensors_test;

namespace {

std::vector<const Tensor*> pointers_to(const std::vector<Tensor>& tensors) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) pointers.push_back(&tensor);
  return pointers;
}

/// The head again from nothing but what the model tells.
std::string rendered(const Model& model) {
  const Source source = model.source();
  std::optional<HeadMetadata> metadata;
  if (source.metadata) {
    metadata.emplace();
    for (const auto& [key, value] : source.metadata->entries) metadata->emplace_back(key, value.text());
  }
  const auto tensors = pointers_to(model.tensors());
  std::string head = render_head(metadata, tensors);
  CHECK(head.size() == head_size(metadata, tensors));
  return head;
}

std::string json_of(std::string_view head) {
  return std::string(head.substr(kLengthBytes));
}

}  // namespace

TEST_CASE("safetensors: the head of each file of the reference library is rendered byte for byte") {
  for (const std::string name :
       {"mixed", "mixed-nometa", "escapes", "odd-sizes", "wide-dtypes", "no-tensors"}) {
    CAPTURE(name);
    const std::string bytes = vector_bytes(name + ".safetensors");
    const Opened opened(bytes);
    const std::string head = rendered(*opened.model);
    CHECK(bytes.substr(0, head.size()) == head);
    CHECK(!opened.model->source().head);
  }
}

TEST_CASE("safetensors: a head without tensors") {
  CHECK(render_head({}, {}) == std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  CHECK(json_of(render_head(HeadMetadata{}, {})) == R"({"__metadata__":{}}     )");
}

TEST_CASE("safetensors: a head is padded with spaces to a multiple of 8") {
  for (std::size_t length = 1; length <= 16; ++length) {
    const std::string value(length, 'v');
    const std::string head = render_head(HeadMetadata{{"k", value}}, {});
    CHECK(head.size() % 8 == 0);
    CHECK(head.size() - (head.find_last_not_of(' ') + 1) < 8);
    CHECK(load_le<std::uint64_t>(bytes_of(head)) == head.size() - kLengthBytes);
  }
}

TEST_CASE("safetensors: a head's strings escape quotes, backslashes and controls, and nothing else") {
  const std::string name("\"\\/\b\t\n\f\r\0\x01\x1f\x20\x7f\xc3\xa9\xf0\x9f\x98\x80", 19);
  std::vector<Tensor> tensors(2);
  tensors[0] = {.name = name, .dtype = DTypeCode::f16, .shape = {2, 3}, .size = 12, .digest = {}};
  tensors[1] = {.name = "", .dtype = DTypeCode::u8, .shape = {}, .size = 1, .digest = {}};
  CHECK(
      json_of(render_head({}, pointers_to(tensors))) ==
      R"({"\"\\/\b\t\n\f\r\u0000\u0001\u001f )" + std::string("\x7f\xc3\xa9\xf0\x9f\x98\x80") +
          R"(":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"":{"dtype":"U8","shape":[],"data_offsets":[12,13]}})" +
          "   ");
}

TEST_CASE("safetensors: a large head comes in runs") {
  std::vector<Tensor> described;
  for (int i = 0; i < 20'000; ++i) {
    described.push_back({.name = "tensor." + std::to_string(i),
                         .dtype = DTypeCode::u8,
                         .shape = {},
                         .size = 1,
                         .digest = {}});
  }
  const auto tensors = pointers_to(described);
  std::string whole;
  std::size_t largest = 0;
  render_head({}, tensors, [&](std::string_view run) {
    whole += run;
    largest = std::max(largest, run.size());
  });
  CHECK(largest < 128 << 10);
  CHECK(whole == render_head({}, tensors));
  const Opened opened(whole + std::string(described.size(), 'x'));
  CHECK(opened.model->tensors().size() == described.size());
  CHECK(opened.model->tensors().back().name == described.back().name);
}
