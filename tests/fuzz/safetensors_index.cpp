// The index of a set whose other files are sound.
#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile index = [] {
    directory.fill_from("sharded");
    return fuzz::ScratchFile(directory, "model.safetensors.index.json");
  }();
  return fuzz::exercise(index, std::as_bytes(std::span(data, size)), "safetensors");
}
