#include "codecs/ggml/k_kernels.hpp"

namespace aerotool::ggml::kernels {

std::span<const NumberedDecoder> k_decoders() {
  static constexpr std::array kDecoders = {kNumbered<Q2K>, kNumbered<Q3K>, kNumbered<Q4K>, kNumbered<Q5K>,
                                           kNumbered<Q6K>};
  return kDecoders;
}

}  // namespace aerotool::ggml::kernels
