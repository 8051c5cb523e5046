// CRCs of 32 bits whose polynomials and values have their bits in reverse, and whose values are inverted:
// CRC-32 and CRC32C. Runs of bytes can be gone through in any order and by several threads, and be put
// together afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace aerotool::hash {

template <std::uint32_t Polynomial>
class ReflectedCrc {
 public:
  /// Of `bytes` behind those that `before` is the value of; 0 is the value of none.
  static std::uint32_t of(ByteSpan bytes, std::uint32_t before) {
    std::uint32_t value = ~before;
    while (bytes.size() >= kSlices) {
      std::uint32_t next = 0;
      for (std::size_t i = 0; i < kSlices; ++i) {
        const std::uint32_t mixed = i < 4 ? value >> (8 * i) & 0xff : 0;
        next ^= kTables[kSlices - 1 - i][mixed ^ std::to_integer<std::uint32_t>(bytes[i])];
      }
      value = next;
      bytes = bytes.subspan(kSlices);
    }
    for (const std::byte byte : bytes)
      value = value >> 8 ^ kTables[0][(value ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
    return ~value;
  }

  /// Of two runs of bytes, one behind the other: their values, and how long the second one is.
  static std::uint32_t joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
    return product(first, shift(second_length)) ^ second;
  }

  /// The product of two polynomials modulo this one.
  static constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) {
    std::uint32_t sum = 0;
    for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
      if ((a & bit) != 0) sum ^= b;
      b = after_bit(b);
    }
    return sum;
  }

  /// What a value is multiplied with where `length` bytes follow: x to the power of their bits, by squaring.
  static constexpr std::uint32_t shift(std::uint64_t length) {
    constexpr std::uint32_t kOne = std::uint32_t{1} << 31;
    std::uint32_t square = kOne >> 8;  // x^8: a byte
    std::uint32_t power = kOne;
    for (; length != 0; length >>= 1) {
      if ((length & 1) != 0) power = product(power, square);
      square = product(square, square);
    }
    return power;
  }

 private:
  static constexpr std::size_t kSlices = 8;  // bytes taken at once
  using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

  static constexpr std::uint32_t after_bit(std::uint32_t value) {
    return value >> 1 ^ ((value & 1) != 0 ? Polynomial : 0);
  }

  /// tables[n][byte]: what a byte does to the value once n more bytes have gone by.
  static constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t value = byte;
      for (int bit = 0; bit < 8; ++bit) value = after_bit(value);
      tables[0][byte] = value;
    }
    for (std::size_t slice = 1; slice < kSlices; ++slice) {
      for (std::size_t byte = 0; byte < 256; ++byte) {
        const std::uint32_t value = tables[slice - 1][byte];
        tables[slice][byte] = value >> 8 ^ tables[0][value & 0xff];
      }
    }
    return tables;
  }
  static const Tables kTables;
};

template <std::uint32_t Polynomial>
constexpr typename ReflectedCrc<Polynomial>::Tables ReflectedCrc<Polynomial>::kTables = make_tables();

}  // namespace aerotool::hash
