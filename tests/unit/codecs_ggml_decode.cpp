// ggml's blocks as numbers, against those that ggml makes of them.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "codecs/ggml/codebook_kernels.hpp"
#include "codecs/ggml/decode.hpp"
#include "codecs/ggml/fp4_kernels.hpp"
#include "codecs/ggml/k_kernels.hpp"
#include "codecs/ggml/narrow_kernels.hpp"
#include "codecs/ggml/plain_kernels.hpp"
#include "codecs/ggml/types.hpp"
#include "gguf_fixture.hpp"
#include "npy_numbers.hpp"

namespace aerotool {
namespace {

using ggml::block_decoder;
using ggml::BlockDecoder;

const std::string kVectors = "dequant/";

/// The first element that is not the same, bit for bit, NaN as NaN; -1 where there is none.
std::ptrdiff_t first_difference(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) {
      return static_cast<std::ptrdiff_t>(i);
    }
  }
  return -1;
}

std::vector<float> decoded(const BlockDecoder& decoder, ByteSpan blocks) {
  REQUIRE(blocks.size() % decoder.block_bytes == 0);
  std::vector<float> out(blocks.size() / decoder.block_bytes * decoder.block_elements);
  decoder.decode(blocks, out);
  return out;
}

TEST_CASE("ggml: blocks of every type of GGUF are decoded to the numbers of ggml") {
  const gguf_test::Opened opened(test::data_bytes(kVectors + "blocks.gguf"));
  std::size_t types = 0;
  for (std::size_t i = 0; i < opened.model->tensors().size(); ++i) {
    const Tensor& tensor = opened.model->tensors()[i];
    CAPTURE(tensor.name);
    const std::string type = tensor.name.substr(0, tensor.name.find('.'));
    const BlockDecoder* decoder = block_decoder(tensor.dtype.packed().number.value());
    REQUIRE(decoder != nullptr);
    const std::string blocks = gguf_test::tensor_bytes(*opened.model, i);
    const std::vector<float> expected = test::npy_floats(kVectors + type + ".npy");
    CHECK(first_difference(decoded(*decoder, bytes_of(blocks)), expected) == -1);
    ++types;
  }
  CHECK(types == 25);
}

TEST_CASE("ggml: Q2_0, which gguf-py does not have, is decoded to the numbers of ggml") {
  const BlockDecoder* decoder = block_decoder(42);
  REQUIRE(decoder != nullptr);
  const std::string blocks = test::npy_bytes(kVectors + "q2_0.blocks.npy", "|u1");
  CHECK(first_difference(decoded(*decoder, bytes_of(blocks)), test::npy_floats(kVectors + "q2_0.npy")) == -1);
}

TEST_CASE("ggml: what GGUF stores in blocks has a decoder of the same blocks, but for Q8_1") {
  for (const ggml::BlockType& type : ggml::block_types()) {
    CAPTURE(type.name);
    const BlockDecoder* decoder = block_decoder(type.id);
    if (type.origin != ggml::Origin::gguf || type.name == "Q8_1") {
      CHECK(decoder == nullptr);
      continue;
    }
    REQUIRE(decoder != nullptr);
    CHECK(decoder->block_elements == type.block_elements);
    CHECK(decoder->block_bytes == type.block_bytes);
  }
  CHECK(block_decoder(0) == nullptr);
  CHECK(block_decoder(std::numeric_limits<std::uint32_t>::max()) == nullptr);
}

/// The kernel as it is compiled for every processor, here without optimisation, and as it runs on this one.
template <typename Kernel>
void compare_builds() {
  const BlockDecoder* decoder = block_decoder(Kernel::kId);
  REQUIRE(decoder != nullptr);
  std::mt19937 random(Kernel::kId);
  // An odd number, so that vectors of several blocks have a rest.
  std::vector<std::byte> blocks(std::size_t{31} * Kernel::kBytes);
  for (int repetition = 0; repetition < 10; ++repetition) {
    for (std::byte& byte : blocks) byte = static_cast<std::byte>(random());
    std::vector<float> portable(std::size_t{31} * Kernel::kElements);
    ggml::kernels::EachBlock<Kernel>::run(blocks, portable);
    CAPTURE(Kernel::kId);
    CHECK(first_difference(decoded(*decoder, blocks), portable) == -1);
  }
}

template <typename... Kernels>
void compare_builds_of_all() {
  (compare_builds<Kernels>(), ...);
}

TEST_CASE("ggml: the numbers of random blocks do not depend on the processor") {
  using namespace ggml::kernels;
  compare_builds_of_all<Q40, Q41, Q50, Q51, Q80, Q8K, Q2K, Q3K, Q4K, Q5K, Q6K, Iq2Xxs, Iq2Xs, Iq2S, Iq3Xxs,
                        Iq3S, Iq1S, Iq1M, Iq4Nl, Iq4Xs, Tq10, Tq20, Q10, Q20, Mxfp4, Nvfp4>();
}

TEST_CASE("ggml: nothing is written past the blocks that are given") {
  for (const ggml::BlockType& type : ggml::block_types()) {
    const BlockDecoder* decoder = block_decoder(type.id);
    if (decoder == nullptr) continue;
    CAPTURE(type.name);
    const std::vector<std::byte> blocks(std::size_t{3} * type.block_bytes, std::byte{0x55});
    std::vector<float> out(std::size_t{3} * type.block_elements + 16, 1234.5F);
    decoder->decode(blocks, std::span(out).first(std::size_t{3} * type.block_elements));
    for (std::size_t i = out.size() - 16; i < out.size(); ++i) CHECK(out[i] == 1234.5F);
    CHECK(out[std::size_t{3} * type.block_elements - 1] != 1234.5F);
    decoder->decode({}, {});
  }
}

}  // namespace
}  // namespace aerotool
