// A GGUF model in two parts: the input is u32 LE length of the first part, the first part, the second.
#include <algorithm>

#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile first(directory, "model-00001-of-00002.gguf");
  static const fuzz::ScratchFile second(directory, "model-00002-of-00002.gguf");
  const ByteSpan input = std::as_bytes(std::span(data, size));
  if (input.size() < sizeof(std::uint32_t)) return -1;
  const ByteSpan parts = input.subspan(sizeof(std::uint32_t));
  const std::size_t length = std::min<std::size_t>(load_le<std::uint32_t>(input), parts.size());
  first.set(parts.first(length));
  second.set(parts.subspan(length));
  fuzz::exercise(first.path(), "gguf", input);
  return 0;
}
