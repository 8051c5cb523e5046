// A checkpoint of PyTorch, of any kind: opened, checked and read.
#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "input.pt");
  return fuzz::exercise(file, std::as_bytes(std::span(data, size)), "pytorch");
}
