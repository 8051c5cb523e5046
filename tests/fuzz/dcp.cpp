// The index of a distributed checkpoint whose files are sound.
#include "exercise.hpp"
#include "scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aerotool;
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile index = [] {
    directory.fill_from("dcp/dim0");
    return fuzz::ScratchFile(directory, ".metadata");
  }();
  return fuzz::exercise(index, std::as_bytes(std::span(data, size)), "dcp");
}
