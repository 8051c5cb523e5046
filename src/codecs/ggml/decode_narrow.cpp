#include "codecs/ggml/narrow_kernels.hpp"

namespace aerotool::ggml::kernels {

std::span<const NumberedDecoder> narrow_decoders() {
  static constexpr std::array kDecoders = {kNumbered<Tq10>, kNumbered<Tq20>, kNumbered<Q10>, kNumbered<Q20>};
  return kDecoders;
}

}  // namespace aerotool::ggml::kernels
