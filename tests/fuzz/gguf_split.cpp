// A GGUF model in two parts: the input is u32 LE length of the first part, the first part, the second.
#include <algorithm>

#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile first(directory, "model-00001-of-00002.gguf");
  static const fuzz::ScratchFile second(directory, "model-00002-of-00002.gguf");
  ByteSpan input = std::as_bytes(std::span(data, size));
  if (input.size() < sizeof(std::uint32_t)) return -1;
  const std::size_t length = load_le<std::uint32_t>(input);
  input = input.subspan(sizeof(std::uint32_t));
  first.set(input.first(std::min(length, input.size())));
  second.set(input.subspan(std::min(length, input.size())));
  fuzz::exercise(first.path(), "gguf");
  return 0;
}
