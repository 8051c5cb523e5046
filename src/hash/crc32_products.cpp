// CRC-32 by products of polynomials, which x86-64 has an instruction for (PCLMULQDQ). Bytes are folded onto
// those that stand further behind: V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", Intel 2009.
#include <array>
#include <cstring>

#include "hash/crc32_ways.hpp"

#if defined(__x86_64__)
#include <wmmintrin.h>
// Of functions that use it: all others are built for processors without it.
#define AEROTOOL_PRODUCTS [[gnu::target("pclmul")]]
#endif

namespace aerotool::hash {

#if defined(AEROTOOL_PRODUCTS)
namespace {

constexpr std::size_t kLane = sizeof(__m128i);
constexpr std::size_t kLanes = 4;  // side by side, as a product waits for the one before it

/// x to the power of the bits of so many bytes; the product of two values with their bits in reverse is one
/// bit short of where it should be.
constexpr long long power(std::uint64_t bytes) {
  const std::uint64_t shifted = std::uint64_t{Ethernet::shift(bytes)} << 1;
  return static_cast<long long>(shifted);
}

/// What moves 16 bytes so many bytes on. Each half has its own factor, as the first one stands 8 bytes
/// before the second, and both are taken modulo a polynomial of 4 bytes.
template <std::size_t Bytes>
AEROTOOL_PRODUCTS inline __m128i moved(__m128i lane) {
  constexpr long long kFirst = power(Bytes + 4);
  constexpr long long kSecond = power(Bytes - 4);
  const __m128i factors = _mm_set_epi64x(kSecond, kFirst);
  return _mm_xor_si128(_mm_clmulepi64_si128(lane, factors, 0x00), _mm_clmulepi64_si128(lane, factors, 0x11));
}

AEROTOOL_PRODUCTS inline __m128i lane_at(ByteSpan bytes, std::size_t offset) {
  __m128i lane;
  std::memcpy(&lane, bytes.data() + offset, kLane);
  return lane;
}

}  // namespace

bool has_polynomial_products() {
  return __builtin_cpu_supports("pclmul") != 0;
}

AEROTOOL_PRODUCTS std::uint32_t crc32_by_products(ByteSpan bytes, std::uint32_t before) {
  constexpr std::size_t kBlock = kLanes * kLane;
  if (bytes.size() < kBlock) return crc32_by_tables(bytes, before);
  __m128i first = _mm_xor_si128(lane_at(bytes, 0), _mm_cvtsi32_si128(static_cast<int>(~before)));
  __m128i second = lane_at(bytes, kLane);
  __m128i third = lane_at(bytes, 2 * kLane);
  __m128i fourth = lane_at(bytes, 3 * kLane);
  std::size_t done = kBlock;
  for (; bytes.size() - done >= kBlock; done += kBlock) {
    first = _mm_xor_si128(moved<kBlock>(first), lane_at(bytes, done));
    second = _mm_xor_si128(moved<kBlock>(second), lane_at(bytes, done + kLane));
    third = _mm_xor_si128(moved<kBlock>(third), lane_at(bytes, done + 2 * kLane));
    fourth = _mm_xor_si128(moved<kBlock>(fourth), lane_at(bytes, done + 3 * kLane));
  }
  second = _mm_xor_si128(moved<kLane>(first), second);
  third = _mm_xor_si128(moved<kLane>(second), third);
  __m128i last = _mm_xor_si128(moved<kLane>(third), fourth);
  for (; bytes.size() - done >= kLane; done += kLane)
    last = _mm_xor_si128(moved<kLane>(last), lane_at(bytes, done));
  // Of what is left the value is that of bytes which nothing stands before, not even the usual ones.
  std::array<std::byte, kLane> folded;
  std::memcpy(folded.data(), &last, kLane);
  return crc32_by_tables(bytes.subspan(done), crc32_by_tables(folded, ~std::uint32_t{0}));
}

#else

bool has_polynomial_products() {
  return false;
}

std::uint32_t crc32_by_products(ByteSpan bytes, std::uint32_t before) {
  return crc32_by_tables(bytes, before);
}

#endif

}  // namespace aerotool::hash
