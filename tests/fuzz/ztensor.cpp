// A zTensor file of any version: opened, checked and read; all of the tensors of a small one.
#include <vector>

#include "core/error.hpp"
#include "exercise.hpp"
#include "registry/registry.hpp"
#include "scratch.hpp"

namespace {

using namespace aerotool;

constexpr std::uint64_t kSmall = std::uint64_t{64} << 10;  // bytes, of all tensors together

void read_all(const std::string& path) {
  try {
    Report report(Report::Mode::judge);
    const auto model = open_model(path, {.from = "ztensor"}, report);
    std::uint64_t left = kSmall;
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const std::uint64_t size = model->tensors()[i].size;
      if (size > left) return;
      left -= size;
      bytes.resize(size);
      try {
        model->read(i, 0, bytes);
      } catch (const Error&) {
        // The next one may be whole.
      }
    }
  } catch (const Error&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "input.zt");
  const int result = fuzz::exercise(file, std::as_bytes(std::span(data, size)), "ztensor");
  if (result == 0) read_all(file.path());
  return result;
}
