#include "hash/crc32.hpp"

#include "hash/crc32_ways.hpp"

namespace aerotool::hash {

std::uint32_t crc32_by_tables(ByteSpan bytes, std::uint32_t before) {
  return Ethernet::of(bytes, before);
}

std::uint32_t crc32(ByteSpan bytes, std::uint32_t before) {
  static const bool has_products = has_polynomial_products();
  return has_products ? crc32_by_products(bytes, before) : crc32_by_tables(bytes, before);
}

std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
  return Ethernet::joined(first, second, second_length);
}

void Crc32OfPieces::add(std::uint64_t offset, ByteSpan bytes) {
  // The value of the whole is the sum of those that the pieces have with all that follows them.
  value_.fetch_xor(crc32_joined(crc32(bytes), 0, length_ - offset - bytes.size()));
}

}  // namespace aerotool::hash
