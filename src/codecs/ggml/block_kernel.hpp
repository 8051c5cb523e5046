// What the decoders of ggml's blocks are made of. A kernel is a struct with the type's id, the elements and
// bytes of a block, and `decode`, which makes the numbers of one. It unpacks the block into small integers
// first and scales them then: two plain loops over fixed sizes, which compilers vectorise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "codecs/floats/small_float.hpp"
#include "codecs/ggml/decode.hpp"
#include "core/bytes.hpp"
#include "core/vectorised.hpp"

namespace aerotool::ggml::kernels {

// Compilers would unroll a loop of sixteen before they come to vectorise it. Clang vectorises a plain one
// afterwards, and better.
#ifdef __clang__
#define AEROTOOL_KEEP_LOOP _Pragma("clang loop unroll(disable)")
#define AEROTOOL_KEEP_PLAIN_LOOP
#else
#define AEROTOOL_KEEP_LOOP _Pragma("GCC unroll 1")
#define AEROTOOL_KEEP_PLAIN_LOOP AEROTOOL_KEEP_LOOP
#endif

/// The integers of a block, before they are scaled.
template <std::size_t N>
struct alignas(32) Integers {
  std::array<std::int8_t, N> at;
};

[[gnu::always_inline]] inline float half_at(ByteSpan block, std::size_t offset) {
  return half_to_float(load_le<std::uint16_t>(block, offset));
}

/// A nibble as it is.
struct Same {
  [[gnu::always_inline]] static std::int8_t of(std::uint8_t nibble) {
    return static_cast<std::int8_t>(nibble);
  }
};

/// A nibble less a number.
template <int N>
struct Less {
  [[gnu::always_inline]] static std::int8_t of(std::uint8_t nibble) {
    return static_cast<std::int8_t>(nibble - N);
  }
};

/// N bytes into 2 N integers, which `Map` makes of the nibbles: of the low ones, then of the high ones.
template <std::size_t N, typename Map = Same>
[[gnu::always_inline]] inline void unpack_nibbles(const std::uint8_t* bytes, std::int8_t* out) {
  AEROTOOL_KEEP_LOOP
  for (std::size_t i = 0; i < N; ++i) out[i] = Map::of(static_cast<std::uint8_t>(bytes[i] & 0xf));
  AEROTOOL_KEEP_LOOP
  for (std::size_t i = 0; i < N; ++i) out[N + i] = Map::of(static_cast<std::uint8_t>(bytes[i] >> 4));
}

/// All integers of a block by `Kernel::unpack<K>`, which makes those from 32 K on: shifts have to be
/// constants to become vectors of bytes.
template <typename Kernel, std::size_t... K>
[[gnu::always_inline]] inline void unpack_parts(const std::uint8_t* block, std::int8_t* out,
                                                std::index_sequence<K...> /*parts*/) {
  (Kernel::template unpack<K>(block, out + 32 * K), ...);
}

template <typename Kernel>
[[gnu::always_inline]] inline Integers<Kernel::kElements> unpacked(ByteSpan block) {
  Integers<Kernel::kElements> q;
  unpack_parts<Kernel>(octets_of(block), q.at.data(), std::make_index_sequence<Kernel::kElements / 32>{});
  return q;
}

/// Two bits of each of 32 bytes. A run of these has 128 elements: the lowest bits of all bytes come first.
template <std::size_t K>
[[gnu::always_inline]] inline std::uint8_t two_bits(const std::uint8_t* run, std::size_t i) {
  return static_cast<std::uint8_t>(run[K / 4 * 32 + i] >> (K % 4 * 2) & 3);
}

/// The integers stay numbers of their own until the product, so that 0 has the sign that ggml gives it.
template <std::size_t N>
[[gnu::always_inline]] inline void scale(const std::int8_t* integers, float factor, float* out) {
  AEROTOOL_KEEP_PLAIN_LOOP
  for (std::size_t i = 0; i < N; ++i) out[i] = factor * static_cast<float>(integers[i]);
}

/// The one sum that rounds.
template <std::size_t N>
[[gnu::always_inline]] inline void scale_and_add(const std::int8_t* integers, float factor, float term,
                                                 float* out) {
  AEROTOOL_KEEP_PLAIN_LOOP
  for (std::size_t i = 0; i < N; ++i) out[i] = factor * static_cast<float>(integers[i]) + term;
}

/// Blocks of 32 are unpacked in two halves. A processor that reads both at once waits until they are stored.
[[gnu::always_inline]] inline void scale_halves(const Integers<32>& integers, float factor, float* out) {
  scale<16>(integers.at.data(), factor, out);
  scale<16>(integers.at.data() + 16, factor, out + 16);
}

[[gnu::always_inline]] inline void scale_halves_and_add(const Integers<32>& integers, float factor,
                                                        float term, float* out) {
  scale_and_add<16>(integers.at.data(), factor, term, out);
  scale_and_add<16>(integers.at.data() + 16, factor, term, out + 16);
}

/// Decodes block after block.
template <typename Kernel>
struct EachBlock {
  [[gnu::always_inline]] static void run(ByteSpan blocks, std::span<float> out) {
    float* numbers = out.data();
    const std::size_t count = blocks.size() / Kernel::kBytes;
    for (std::size_t i = 0; i < count; ++i) {
      Kernel::decode(blocks.subspan(i * Kernel::kBytes, Kernel::kBytes), numbers + i * Kernel::kElements);
    }
  }
};

struct NumberedDecoder {
  std::uint32_t id = 0;
  BlockDecoder decoder;
};

template <typename Kernel>
void decode_vectorised(ByteSpan blocks, std::span<float> out) {
  vectorised<EachBlock<Kernel>>(blocks, out);
}

template <typename Kernel>
inline constexpr NumberedDecoder kNumbered{Kernel::kId,
                                           {Kernel::kElements, Kernel::kBytes, decode_vectorised<Kernel>}};

// The families, each in a file of its own, each in the order of ids.
std::span<const NumberedDecoder> plain_decoders();
std::span<const NumberedDecoder> k_decoders();
std::span<const NumberedDecoder> codebook_decoders();
std::span<const NumberedDecoder> narrow_decoders();
std::span<const NumberedDecoder> fp4_decoders();

}  // namespace aerotool::ggml::kernels
