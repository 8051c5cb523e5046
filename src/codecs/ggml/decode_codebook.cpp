#include "codecs/ggml/codebook_kernels.hpp"

namespace aerotool::ggml::kernels {

std::span<const NumberedDecoder> codebook_decoders() {
  static constexpr std::array kDecoders = {kNumbered<Iq2Xxs>, kNumbered<Iq2Xs>, kNumbered<Iq3Xxs>,
                                           kNumbered<Iq1S>,   kNumbered<Iq4Nl>, kNumbered<Iq3S>,
                                           kNumbered<Iq2S>,   kNumbered<Iq4Xs>, kNumbered<Iq1M>};
  return kDecoders;
}

}  // namespace aerotool::ggml::kernels
