#include "codecs/ggml/plain_kernels.hpp"

namespace aerotool::ggml::kernels {

std::span<const NumberedDecoder> plain_decoders() {
  static constexpr std::array kDecoders = {kNumbered<Q40>, kNumbered<Q41>, kNumbered<Q50>,
                                           kNumbered<Q51>, kNumbered<Q80>, kNumbered<Q8K>};
  return kDecoders;
}

}  // namespace aerotool::ggml::kernels
