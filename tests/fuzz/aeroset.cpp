// The index of a set whose other files are sound.
#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile index = [] {
    directory.fill_from("sharded.ref.aeroset");
    return fuzz::ScratchFile(directory, "model.aeroset.json");
  }();
  return fuzz::exercise(index, std::as_bytes(std::span(data, size)), "aeroset");
}
