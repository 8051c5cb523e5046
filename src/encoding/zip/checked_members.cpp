#include "encoding/zip/checked_members.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/inflate.hpp"
#include "hash/crc32.hpp"

namespace aerotool::zip {
namespace {

constexpr std::uint64_t kReadAtOnce = std::uint64_t{256} << 10;

std::uint32_t crc_of(const io::Input& input, const StoredBytes& bytes) {
  std::uint32_t crc = 0;
  std::vector<std::byte> block;
  for (std::uint64_t at = 0; at < bytes.size;) {
    const std::uint64_t length = std::min(kReadAtOnce, bytes.size - at);
    if (input.may_be_mapped()) {
      crc = hash::crc32(input.view(bytes.offset + at, length).view, crc);
    } else {
      block.resize(static_cast<std::size_t>(length));
      input.read(bytes.offset + at, block);
      crc = hash::crc32(block, crc);
    }
    at += length;
  }
  return crc;
}

}  // namespace

void CheckedMembers::require(const io::Input& input, std::size_t member, const StoredBytes& bytes,
                             std::string_view tensor) {
  {
    const std::lock_guard lock(mutex_);
    if (!begun_.insert(member).second) return;
  }
  try {
    const std::uint32_t crc = crc_of(input, bytes);
    if (crc != bytes.crc) {
      throw CorruptError({input.name(), bytes.offset, shortened(tensor)}, crc_problem(crc, bytes.crc),
                         Code::hash);
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    begun_.erase(member);
    throw;
  }
}

}  // namespace aerotool::zip
