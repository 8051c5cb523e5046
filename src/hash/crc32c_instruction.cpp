// CRC32C by the instruction that x86-64 has since SSE4.2, and 64-bit ARM with its extension for CRC32.
#include <array>

#include "hash/crc32c_ways.hpp"
#include "platform/processors.hpp"

// Of functions that use it: all others are built for processors without it.
#if defined(__x86_64__)
#include <nmmintrin.h>
#define AEROTOOL_CRC32C [[gnu::target("sse4.2")]]
#elif defined(__aarch64__) && defined(__clang__)
#define AEROTOOL_CRC32C [[gnu::target("crc")]]
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_acle.h>
#define AEROTOOL_CRC32C [[gnu::target("+crc")]]
#endif

namespace aerotool::hash {

#if defined(AEROTOOL_CRC32C)
namespace {

#if defined(__x86_64__)
using State = std::uint64_t;  // as the instruction takes and gives it; the upper half is 0
AEROTOOL_CRC32C inline State take_byte(State value, std::byte byte) {
  return _mm_crc32_u8(static_cast<std::uint32_t>(value), std::to_integer<std::uint8_t>(byte));
}
AEROTOOL_CRC32C inline State take_word(State value, std::uint64_t word) {
  return _mm_crc32_u64(value, word);
}
#else
using State = std::uint32_t;
AEROTOOL_CRC32C inline State take_byte(State value, std::byte byte) {
#if defined(__clang__)
  return __builtin_arm_crc32cb(value, std::to_integer<std::uint8_t>(byte));
#else
  return __crc32cb(value, std::to_integer<std::uint8_t>(byte));
#endif
}
AEROTOOL_CRC32C inline State take_word(State value, std::uint64_t word) {
#if defined(__clang__)
  return __builtin_arm_crc32cd(value, word);
#else
  return __crc32cd(value, word);
#endif
}
#endif

constexpr std::size_t kWord = sizeof(std::uint64_t);

/// The product of a value and what stands for a run of bytes behind it, by the value's bytes.
template <std::size_t Length>
class Shift {
 public:
  static std::uint32_t applied_to(State state) {
    const auto value = static_cast<std::uint32_t>(state);
    return kTables[0][value & 0xff] ^ kTables[1][value >> 8 & 0xff] ^ kTables[2][value >> 16 & 0xff] ^
           kTables[3][value >> 24];
  }

 private:
  using Tables = std::array<std::array<std::uint32_t, 256>, 4>;
  static constexpr Tables make_tables() {
    Tables tables{};
    const std::uint32_t shift = Castagnoli::shift(Length);
    for (std::uint32_t place = 0; place < 4; ++place) {
      // A sum of bits has the sum of their products.
      for (std::uint32_t bit = 1; bit < 256; bit *= 2) {
        const std::uint32_t product = Castagnoli::product(bit << 8 * place, shift);
        for (std::uint32_t below = 0; below < bit; ++below)
          tables[place][bit + below] = tables[place][below] ^ product;
      }
    }
    return tables;
  }
  static constexpr Tables kTables = make_tables();
};

/// An instruction waits for the one before it and takes three cycles, in which the processor begins two
/// others that do not wait for it: three runs side by side, each of Run bytes, are put together afterwards.
template <std::size_t Run>
AEROTOOL_CRC32C State take_three_runs(State value, ByteSpan& bytes) {
  static_assert(Run % kWord == 0);
  while (bytes.size() >= 3 * Run) {
    State second = 0;
    State third = 0;
    for (std::size_t i = 0; i < Run; i += kWord) {
      value = take_word(value, load_le<std::uint64_t>(bytes, i));
      second = take_word(second, load_le<std::uint64_t>(bytes, Run + i));
      third = take_word(third, load_le<std::uint64_t>(bytes, 2 * Run + i));
    }
    value = Shift<Run>::applied_to(value) ^ second;
    value = Shift<Run>::applied_to(value) ^ third;
    bytes = bytes.subspan(3 * Run);
  }
  return value;
}

}  // namespace

bool has_crc32c_instruction() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2") != 0;
#elif defined(__ARM_FEATURE_CRC32)
  return true;
#else
  return platform::has_arm_crc32();
#endif
}

AEROTOOL_CRC32C std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before) {
  constexpr std::size_t kLong = 4096;
  constexpr std::size_t kShort = 256;
  State value = static_cast<std::uint32_t>(~before);
  value = take_three_runs<kLong>(value, bytes);
  value = take_three_runs<kShort>(value, bytes);
  std::size_t done = 0;
  for (; done + kWord <= bytes.size(); done += kWord)
    value = take_word(value, load_le<std::uint64_t>(bytes, done));
  for (; done < bytes.size(); ++done) value = take_byte(value, bytes[done]);
  return ~static_cast<std::uint32_t>(value);
}

#else

bool has_crc32c_instruction() {
  return false;
}

std::uint32_t crc32c_by_instruction(ByteSpan bytes, std::uint32_t before) {
  return crc32c_by_tables(bytes, before);
}

#endif

}  // namespace aerotool::hash
