// What is no model: the first byte chooses a name, the rest is the content. Nothing is read outside of it,
// and what is said is one line without control characters.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/text.hpp"
#include "foreign/recognisers.hpp"

namespace {

using namespace aerotool;

constexpr std::array<std::string_view, 12> kNames = {
    "model", "m.onnx", "m.pt",           "m.pb",         "m.mlmodel",       "m.gguf.part1of2",
    "m.h5",  "m.001",  "m.gguf-split-a", "m.incomplete", "._m.safetensors", "dir/m.partab"};

bool is_one_clean_line(const std::string& text) {
  const auto control = [](char c) { return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f; };
  return std::ranges::none_of(text, control) && is_utf8(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const ByteSpan content = std::as_bytes(std::span(data, size)).subspan(1);
  const foreign::File file{
      kNames.at(data[0] % kNames.size()), content.size(),
      content.first(std::min(content.size(), foreign::kHeadBytes)),
      [&](std::uint64_t offset, std::uint64_t length) {
        if (offset > content.size() || length > content.size() - offset) std::abort();
        return Bytes{content.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)),
                     nullptr};
      },
      // A directory may hold names of any kind.
      [&] {
        return std::vector<std::string>{"m.gguf.part2of2", "m.002", std::string(chars_of(content))};
      }};
  constexpr std::size_t kMax = 8192;
  if (const auto answer = foreign::recognise(file)) {
    if (answer->size() > kMax || !is_one_clean_line(*answer)) std::abort();
  }
  static_cast<void>(foreign::is_error_in_json(file));
  return 0;
}
