#include "codecs/ggml/fp4_kernels.hpp"

namespace aerotool::ggml::kernels {

std::span<const NumberedDecoder> fp4_decoders() {
  static constexpr std::array kDecoders = {kNumbered<Mxfp4>, kNumbered<Nvfp4>};
  return kDecoders;
}

}  // namespace aerotool::ggml::kernels
