// A file of a DeepSpeed checkpoint whose other files are sound; the first byte says which one.
#include <array>

#include "exercise.hpp"
#include "scratch.hpp"

namespace {

using namespace aerotool;

struct Changed {
  Changed(std::string_view data, std::string_view name)
      : directory(filled_from(data)), file(*directory, name) {}

  static std::unique_ptr<fuzz::ScratchDirectory> filled_from(std::string_view data) {
    auto made = std::make_unique<fuzz::ScratchDirectory>();
    made->fill_from(data);
    return made;
  }

  std::unique_ptr<fuzz::ScratchDirectory> directory;
  fuzz::ScratchFile file;
};

constexpr std::string_view kSecond = "zero/zero2/global_step2";
constexpr std::string_view kThird = "zero/zero3/global_step2";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<Changed, 4> changed{
      Changed(kSecond, "mp_rank_00_model_states.pt"),
      Changed(kSecond, "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"),
      Changed(kThird, "zero_pp_rank_0_mp_rank_00_model_states.pt"),
      Changed(kThird, "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"),
  };
  if (size == 0) return -1;
  const auto bytes = std::as_bytes(std::span(data, size));
  return fuzz::exercise(changed.at(data[0] % changed.size()).file, bytes.subspan(1), "zero");
}
