#include "codecs/ggml/decode.hpp"

#include "codecs/ggml/block_kernel.hpp"

namespace aerotool::ggml {

const BlockDecoder* block_decoder(std::uint32_t id) {
  for (const auto family : {kernels::plain_decoders(), kernels::k_decoders(), kernels::codebook_decoders(),
                            kernels::narrow_decoders(), kernels::fp4_decoders()}) {
    for (const kernels::NumberedDecoder& numbered : family) {
      if (numbered.id == id) return &numbered.decoder;
    }
  }
  return nullptr;
}

}  // namespace aerotool::ggml
