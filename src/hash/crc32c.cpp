#include "hash/crc32c.hpp"

#include "hash/crc32c_ways.hpp"

namespace aerotool::hash {

std::uint32_t crc32c_by_tables(ByteSpan bytes, std::uint32_t before) {
  return Castagnoli::of(bytes, before);
}

std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  static const bool has_instruction = has_crc32c_instruction();
  return has_instruction ? crc32c_by_instruction(bytes, before) : crc32c_by_tables(bytes, before);
}

std::uint32_t crc32c_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
  return Castagnoli::joined(first, second, second_length);
}

}  // namespace aerotool::hash
