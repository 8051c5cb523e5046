#include "hash/running_checksum.hpp"

#include "hash/crc32.hpp"
#include "hash/crc32c.hpp"

namespace aerotool::hash {

RunningChecksum::RunningChecksum(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::blake3:
      break;
    case Algorithm::sha256:
      state_.emplace<Sha256>();
      break;
    case Algorithm::crc32c:
      state_.emplace<Crc32c>();
      break;
    case Algorithm::xxh3:
      state_.emplace<Xxh3>();
      break;
    case Algorithm::crc32:
      state_.emplace<Crc32>();
      break;
  }
}

void RunningChecksum::add(ByteSpan bytes) {
  if (auto* crc = std::get_if<Crc32c>(&state_)) {
    crc->value = crc32c(bytes, crc->value);
  } else if (auto* zip_crc = std::get_if<Crc32>(&state_)) {
    zip_crc->value = crc32(bytes, zip_crc->value);
  } else if (auto* sha256 = std::get_if<Sha256>(&state_)) {
    sha256->add(bytes);
  } else if (auto* xxh3 = std::get_if<Xxh3>(&state_)) {
    xxh3->add(bytes);
  } else {
    std::get<Blake3Stream>(state_).add(bytes);
  }
}

Checksum RunningChecksum::finish(Checksum::Over over) {
  if (const auto* crc = std::get_if<Crc32c>(&state_)) return checksum_of(Algorithm::crc32c, crc->value, over);
  if (const auto* crc = std::get_if<Crc32>(&state_)) return checksum_of(Algorithm::crc32, crc->value, over);
  if (auto* sha256 = std::get_if<Sha256>(&state_))
    return checksum_of(Algorithm::sha256, sha256->finish(), over);
  if (const auto* xxh3 = std::get_if<Xxh3>(&state_))
    return checksum_of(Algorithm::xxh3, xxh3->finish(), over);
  return checksum_of(Algorithm::blake3, std::get<Blake3Stream>(state_).finish(), over);
}

}  // namespace aerotool::hash
