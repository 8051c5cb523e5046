// One bit, two bits and three values an element (src/codecs/ggml/FORMAT.md, "Narrow types").
#pragma once

#include <cstring>

#include "codecs/ggml/block_kernel.hpp"
#include "codecs/ggml/expansion.hpp"

namespace aerotool::ggml::kernels {

/// One digit to the base 3 of each of N bytes, less 1. A byte is a fraction of 256: what is left of it after
/// `Digit` multiplications by 3 lies in the first, second or last third.
template <std::size_t N, unsigned Digit>
[[gnu::always_inline]] inline void unpack_trits(const std::uint8_t* bytes, std::int8_t* out) {
  constexpr unsigned kPowers[] = {1, 3, 9, 27, 81};
  for (std::size_t i = 0; i < N; ++i) {
    const auto rest = static_cast<std::uint8_t>(bytes[i] * kPowers[Digit]);
    out[Digit * N + i] = static_cast<std::int8_t>((rest >= 86 ? 1 : 0) + (rest >= 171 ? 1 : 0) - 1);
  }
}

struct Tq10 {
  static constexpr std::uint32_t kId = 34;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 54;

  template <std::size_t N>
  [[gnu::always_inline]] static void four_trits(const std::uint8_t* bytes, std::int8_t* out) {
    unpack_trits<N, 0>(bytes, out);
    unpack_trits<N, 1>(bytes, out);
    unpack_trits<N, 2>(bytes, out);
    unpack_trits<N, 3>(bytes, out);
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const std::uint8_t* bytes = octets_of(block);
    Integers<256> q;
    four_trits<32>(bytes, q.at.data());
    unpack_trits<32, 4>(bytes, q.at.data());
    four_trits<16>(bytes + 32, q.at.data() + 160);
    unpack_trits<16, 4>(bytes + 32, q.at.data() + 160);
    four_trits<4>(bytes + 48, q.at.data() + 240);
    scale<256>(q.at.data(), half_at(block, 52), out);
  }
};

struct Tq20 {
  static constexpr std::uint32_t kId = 35;
  static constexpr std::uint32_t kElements = 256;
  static constexpr std::uint32_t kBytes = 66;

  template <std::size_t K>
  [[gnu::always_inline]] static void unpack(const std::uint8_t* block, std::int8_t* out) {
    for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::int8_t>(two_bits<K>(block, i) - 1);
  }
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    const Integers<256> q = unpacked<Tq20>(block);
    scale<256>(q.at.data(), half_at(block, 64), out);
  }
};

struct Q10 {
  static constexpr std::uint32_t kId = 41;
  static constexpr std::uint32_t kElements = 128;
  static constexpr std::uint32_t kBytes = 18;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<128> q;
    for (std::size_t i = 0; i < 16; ++i) {
      std::memcpy(q.at.data() + 8 * i, kBitMasks[octets_of(block)[2 + i]].data(), 8);
    }
    for (std::int8_t& integer : q.at) integer = static_cast<std::int8_t>((integer & 2) - 1);
    scale<128>(q.at.data(), half_at(block, 0), out);
  }
};

struct Q20 {
  static constexpr std::uint32_t kId = 42;
  static constexpr std::uint32_t kElements = 64;
  static constexpr std::uint32_t kBytes = 18;
  [[gnu::always_inline]] static void decode(ByteSpan block, float* out) {
    Integers<64> q;
    for (std::size_t i = 0; i < 16; ++i) {
      std::memcpy(q.at.data() + 4 * i, kPairsOfBits[octets_of(block)[2 + i]].data(), 4);
    }
    for (std::int8_t& integer : q.at) integer = static_cast<std::int8_t>(integer - 1);
    scale<64>(q.at.data(), half_at(block, 0), out);
  }
};

}  // namespace aerotool::ggml::kernels
